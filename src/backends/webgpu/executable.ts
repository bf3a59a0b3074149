import { type Program, sizeOf, typedArrays } from "../backend.js";
import { type CallKernel, readLimit, type Schedule, schedule } from "../schedule/index.js";
import { BindGroups } from "./bind-groups.js";
import type { Device } from "./device.js";
import { compileKernel } from "./kernels/compile.js";
import type { Dispatch, Memory } from "./kernels/dispatch.js";
import { labelOf } from "./kernels/label.js";
import type { Pipeline } from "./pipelines.js";
import type { Block } from "./pool.js";
import { Uniforms } from "./uniforms.js";
import { deviceBytes, wordBytes } from "./words.js";

/** A dispatch with its pipeline and what it binds. */
interface Step {
  readonly dispatch: Dispatch;
  readonly pipeline: Pipeline;
  readonly groups: BindGroups;
}

/** What a run works on. */
interface Frame {
  /** The block of each slot. */
  readonly slots: (Block | undefined)[];
  readonly scratch: Block[];
  /** Blocks of the arena. */
  readonly borrowed: Block[];
  readonly failures: Promise<string | undefined>[];
}

/** Takes the results of a run: none if it could not even begin. */
export type Done = (results: readonly (Block | undefined)[], failures: readonly Promise<string | undefined>[]) => void;

const scopes = ["validation", "out-of-memory", "internal"] as const;

/** A program, planned, its shaders on their way to being compiled; ready for any values. */
export class Executable {
  private readonly device: Device;
  private readonly plan: Schedule;
  private readonly steps: readonly (readonly Step[] | undefined)[];
  private readonly uniforms: Uniforms;
  private readonly scratchBytes: readonly number[];
  /** Fulfilled once every shader is compiled, or known to be wrong; undefined from then on. */
  private compiling: Promise<unknown> | undefined;
  /** What is wrong with the shaders, once they are compiled. */
  private broken: readonly Promise<string | undefined>[] = [];

  constructor(program: Program, device: Device) {
    this.device = device;
    this.plan = schedule(program, { bytesOf: deviceBytes, mayJoin: readLimit(program, device.mostBuffers - 1) });
    for (const { dtype, length } of this.plan.slots) device.checkFits(dtype, length);
    const kernels = this.plan.kernels.map((kernel) => compileKernel(kernel, device.abilities));
    this.uniforms = new Uniforms(
      device.gpu,
      kernels.flatMap((kernel) => kernel?.dispatches ?? []),
    );
    let place = 0;
    this.steps = kernels.map((kernel) =>
      kernel?.dispatches.map((dispatch) => ({
        dispatch,
        pipeline: device.pipelines.of(dispatch),
        groups: new BindGroups(device.gpu, this.uniforms.section(place++)),
      })),
    );
    const scratch = kernels.map((kernel) => kernel?.scratch ?? []);
    this.scratchBytes = Array.from({ length: Math.max(0, ...scratch.map(({ length }) => length)) }, (_, i) =>
      Math.max(...scratch.map((words) => (words[i] ?? 0) * wordBytes)),
    );
    const pipelines = this.steps.flatMap((steps) => steps?.map(({ pipeline }) => pipeline) ?? []);
    if (pipelines.some(({ pipeline }) => pipeline === undefined)) {
      this.compiling = Promise.all(pipelines.map(({ ready }) => ready)).then(() => {
        this.compiling = undefined;
        this.broken = pipelines.flatMap(({ pipeline, ready }) => (pipeline === undefined ? [ready] : []));
      });
    }
  }

  /**
   * Runs the program: all of it in one submission, but for operations that the host must do. `done` is handed the blocks
   * of the results, in the order of the program's outputs, and what may have failed.
   */
  run(leaves: readonly (Block | undefined)[], constants: readonly number[], done: Done): void | Promise<void> {
    if (this.compiling !== undefined) return this.compiling.then(() => this.run(leaves, constants, done));
    const frame: Frame = { slots: [...leaves], scratch: [], borrowed: [], failures: [...this.broken] };
    const results = () => this.plan.outputs.map((slot) => frame.slots[slot]);
    if (frame.failures.length > 0 || leaves.includes(undefined)) return done([], frame.failures);
    const { gpu, pool } = this.device;
    for (const filter of scopes) gpu.pushErrorScope(filter);
    const finish = () => {
      for (const _ of scopes) frame.failures.push(gpu.popErrorScope().then((error) => error?.message));
      for (const block of [...frame.borrowed, ...frame.scratch]) pool.giveBack(block);
      done(results(), frame.failures);
    };
    const fail = ({ message }: Error) => {
      frame.failures.push(Promise.resolve(message));
      finish();
    };
    try {
      this.allocate(frame, leaves.length);
      this.uniforms.write(constants);
      const underWay = this.runKernels(frame, 0);
      return underWay === undefined ? finish() : underWay.then(finish, fail);
    } catch (error) {
      return fail(error as Error);
    }
  }

  dispose(): void {
    this.uniforms.dispose();
  }

  private allocate({ slots, scratch, borrowed, failures }: Frame, leaves: number): void {
    const { kernels, arena, places } = this.plan;
    const take = (bytes: number, name: () => string) => {
      const block = this.device.pool.take(bytes, name);
      if (block.failure !== undefined) failures.push(block.failure);
      return block;
    };
    for (const bytes of places) borrowed.push(take(bytes, () => "intermediate results"));
    for (const bytes of this.scratchBytes) scratch.push(take(bytes, () => "the memory of a kernel's own"));
    for (const kernel of kernels) {
      const { output, inPlace } = kernel;
      const place = arena[output];
      if (inPlace !== undefined && inPlace < leaves) slots[output] = slots[inPlace];
      else if (place !== undefined) slots[output] = borrowed[place];
      else slots[output] = take(this.plan.slots[output].length * wordBytes, () => `the result of ${labelOf(kernel)}`);
    }
  }

  /** From kernel `first` on, up to the end or to what the host must do, and so on. */
  private runKernels(frame: Frame, first: number): void | Promise<void> {
    const next = this.steps.findIndex((steps, i) => i >= first && steps === undefined);
    const end = next < 0 ? this.steps.length : next;
    this.submit(frame, first, end);
    if (next < 0) return undefined;
    return this.runOnHost(frame, this.plan.kernels[next] as CallKernel).then(() => this.runKernels(frame, next + 1));
  }

  private submit(frame: Frame, first: number, end: number): void {
    const { gpu } = this.device;
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    const find = (memory: Memory) => ("slot" in memory ? frame.slots[memory.slot]! : frame.scratch[memory.scratch]);
    for (let i = first; i < end; i++) {
      for (const { dispatch, pipeline, groups } of this.steps[i]!) {
        if (dispatch.workgroups === 0) continue;
        pass.setPipeline(pipeline.pipeline!);
        pass.setBindGroup(0, groups.of(pipeline.pipeline!, dispatch.memory.map(find)));
        const [x, y] = this.device.folded(dispatch.workgroups);
        pass.dispatchWorkgroups(x, y, 1);
      }
    }
    pass.end();
    gpu.queue.submit([encoder.finish()]);
  }

  /** An operation that only its reference kernel does: its inputs come to the host, and its result goes back. */
  private async runOnHost(
    { slots }: Frame,
    { inputs, output, shape, dtype, attributes, host }: CallKernel,
  ): Promise<void> {
    const { transfer } = this.device;
    const arrays = await Promise.all(
      inputs.map(({ slot, offset, shape: size, dtype: held }) =>
        transfer.read(slots[slot!]!, held, offset, sizeOf(size)),
      ),
    );
    const out = new typedArrays[dtype](this.plan.slots[output].length);
    host!(arrays, out, attributes, { inputs: inputs.map((input) => input.shape), output: shape });
    transfer.write(slots[output]!, out);
  }
}
