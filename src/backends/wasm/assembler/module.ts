import { type Code, flatten, name, sized, unsigned, vector } from "./encoding.js";
import { type Callable, FunctionBuilder } from "./function.js";
import { byteOfType, type ValueType } from "./instructions.js";
import type { Local } from "./value.js";

/** Memory that a module uses, in pages of 64 KiB; it is imported as `env.memory`. */
export interface MemoryLimits {
  readonly initial: number;
  readonly maximum: number;
  readonly shared: boolean;
}

/** What is written once a module however often it is asked for. */
export type Library = (module: ModuleBuilder) => Callable;

/** Collects the functions of a WebAssembly module that works on an imported memory. */
export class ModuleBuilder {
  private readonly memory: MemoryLimits;
  private readonly signatures: string[] = [];
  private readonly types: Code[] = [];
  private readonly functions: { readonly type: number; readonly body: () => Code }[] = [];
  private readonly exports: Code[] = [];
  private readonly used = new Map<unknown, Callable>();

  constructor(memory: MemoryLimits) {
    this.memory = memory;
  }

  /** Adds a function; `body` writes its statements. */
  function(
    params: readonly ValueType[],
    result: ValueType | undefined,
    body: (f: FunctionBuilder, ...params: readonly Local[]) => void,
  ): Callable {
    const builder = new FunctionBuilder(params);
    const index = this.functions.push({ type: this.typeOf(params, result), body: () => builder.assemble() }) - 1;
    body(builder, ...builder.params);
    return { index, params, result };
  }

  /** A function of the library, added when it is first used; libraries of equal keys are taken for one. */
  use(library: Library, key: unknown = library): Callable {
    let callable = this.used.get(key);
    if (callable === undefined) {
      callable = library(this);
      this.used.set(key, callable);
    }
    return callable;
  }

  export(as: string, { index }: Callable): void {
    this.exports.push([name(as), 0, unsigned(index)]);
  }

  assemble(): Uint8Array<ArrayBuffer> {
    const { initial, maximum, shared } = this.memory;
    const memory = [name("env"), name("memory"), 2, shared ? 3 : 1, unsigned(initial), unsigned(maximum)];
    return Uint8Array.from(
      flatten([
        [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
        section(1, vector(this.types)),
        section(2, vector([memory])),
        section(3, vector(this.functions.map(({ type }) => unsigned(type)))),
        section(7, vector(this.exports)),
        section(10, vector(this.functions.map(({ body }) => body()))),
      ]),
    );
  }

  private typeOf(params: readonly ValueType[], result: ValueType | undefined): number {
    const results = result === undefined ? [] : [result];
    const signature = `${params.join()}>${results.join()}`;
    const known = this.signatures.indexOf(signature);
    if (known >= 0) return known;
    const bytes = (types: readonly ValueType[]) => vector(types.map((type) => [byteOfType[type]]));
    this.types.push([0x60, bytes(params), bytes(results)]);
    return this.signatures.push(signature) - 1;
  }
}

function section(id: number, content: Code): Code {
  return [id, sized(content)];
}
