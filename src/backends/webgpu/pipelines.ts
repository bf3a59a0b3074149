import type { GpuDevice, GpuPipeline } from "./gpu.js";
import type { Dispatch } from "./kernels/dispatch.js";

/** A shader, compiled or on its way to be. */
export interface Pipeline {
  /** Undefined while it is being compiled. */
  pipeline: GpuPipeline | undefined;
  /** Fulfilled with what is wrong with the shader, if anything is. */
  readonly ready: Promise<string | undefined>;
}

/** Shaders by their text: programs of one structure share them, whatever their sizes. */
export class Pipelines {
  private readonly device: GpuDevice;
  private readonly known = new Map<string, Pipeline>();

  constructor(device: GpuDevice) {
    this.device = device;
  }

  /** Starts the compilation, which other threads of the device may do. */
  of({ code, label }: Dispatch): Pipeline {
    const known = this.known.get(code);
    if (known !== undefined) return known;
    const module = this.device.createShaderModule({ label, code });
    const compilation = this.device.createComputePipelineAsync({
      label,
      layout: "auto",
      compute: { module, entryPoint: "main" },
    });
    const made: Pipeline = {
      pipeline: undefined,
      ready: compilation.then(
        (pipeline) => {
          made.pipeline = pipeline;
          return undefined;
        },
        async (error: Error) => {
          const { messages } = await module.getCompilationInfo();
          const [wrong] = messages.filter(({ type }) => type === "error");
          return `${label} could not be compiled (${wrong?.message ?? error.message})`;
        },
      ),
    };
    this.known.set(code, made);
    return made;
  }
}
