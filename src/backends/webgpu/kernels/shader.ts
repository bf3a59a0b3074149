import type { DType } from "../../backend.js";
import type { Dispatch, Memory, Word } from "./dispatch.js";

/** Invocations of a workgroup where a kernel has no reason for another number. */
const workgroupSize = 64;

export interface ShaderOptions {
  /** The operations and shapes, for messages. */
  readonly label: string;
  /** Invocations of a workgroup. */
  readonly size?: number;
}

/** Read-only memory, memory that is written in full, and memory that is read and written. */
type Access = "read" | "read_write";

/**
 * Writes one compute shader. Numbers that depend on the sizes of a program are words that the shader is handed, so that
 * programs of one structure share its text, and with it the compiled pipeline.
 */
export class Shader {
  private readonly label: string;
  private readonly size: number;
  private readonly words: Word[] = [];
  private readonly memory: Memory[] = [];
  private readonly bindings: string[] = [];
  private readonly reads = new Map<string, string>();
  private readonly definitions = new Map<string, string>();
  private readonly features = new Set<string>();
  private readonly builtins = new Set<string>();
  private readonly shared: string[] = [];
  private readonly statements: string[] = [];
  private names = 0;

  constructor({ label, size = workgroupSize }: ShaderOptions) {
    this.label = label;
    this.size = size;
  }

  /** A number of the plan, as a u32; negative ones wrap. */
  word(value: number): string {
    return this.placed(value);
  }

  /** One of the run's constants, as a scalar of its dtype. */
  constant(constant: number, dtype: DType): string {
    const place = this.placed({ constant, dtype });
    if (dtype === "bool") return `(${place} != 0u)`;
    return dtype === "u32" ? place : `bitcast<${dtype}>(${place})`;
  }

  private placed(word: Word): string {
    const at = this.words.push(word) - 1;
    return `words.at[${at >> 2}].${"xyzw"[at & 3]}`;
  }

  /** The name of an array that is only read. */
  read(memory: Memory, type: string): string {
    const key = `${"slot" in memory ? "slot" : "scratch"}${"slot" in memory ? memory.slot : memory.scratch}${type}`;
    const known = this.reads.get(key);
    if (known !== undefined) return known;
    const name = this.bind(memory, type, "read");
    this.reads.set(key, name);
    return name;
  }

  /** The name of an array that is written, and may be read. */
  write(memory: Memory, type: string): string {
    return this.bind(memory, type, "read_write");
  }

  private bind(memory: Memory, type: string, access: Access): string {
    const binding = this.memory.push(memory);
    const name = `m${binding}`;
    this.bindings.push(`@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${type}>;`);
    return name;
  }

  /** Memory of the workgroup. */
  workgroup(name: string, type: string): string {
    this.shared.push(`var<workgroup> ${name}: ${type};`);
    return name;
  }

  /** Adds functions, by name, those first that others call. */
  define(definitions: ReadonlyMap<string, string>): void {
    for (const [name, text] of definitions) this.definitions.set(name, text);
  }

  /** An invocation's place in its subgroup, and how many there are in one. */
  subgroup(): { readonly lane: string; readonly width: string } {
    this.features.add("subgroups");
    this.builtins.add("subgroup_invocation_id").add("subgroup_size");
    return { lane: "subgroup_invocation_id", width: "subgroup_size" };
  }

  name(prefix = "v"): string {
    return `${prefix}${this.names++}`;
  }

  /** Adds statements. */
  do(...statements: readonly string[]): void {
    this.statements.push(...statements);
  }

  /** Names a value that does not change. */
  let(text: string): string {
    const name = this.name();
    this.do(`let ${name} = ${text};`);
    return name;
  }

  /** Names a value that does. */
  var(type: string, text: string): string {
    const name = this.name();
    this.do(`var ${name}: ${type} = ${text};`);
    return name;
  }

  /** Repeats `body` for `from, from + step, …` below `end`. */
  for(from: string, end: string, step: string, body: (at: string) => void): void {
    const at = this.name("i");
    this.block(`for (var ${at} = ${from}; ${at} < ${end}; ${at} += ${step})`, () => body(at));
  }

  if(condition: string, then: () => void): void {
    this.block(`if (${condition})`, then);
  }

  block(head: string, body: () => void): void {
    this.do(`${head} {`);
    body();
    this.do("}");
  }

  /** The dispatch of as many invocations as there are units; `unit` is the number of each, and those beyond do nothing. */
  perUnit(units: number, body: (unit: string) => void): Dispatch {
    const count = this.word(units);
    this.do(`let unit = group * ${this.size}u + local;`, `if (unit >= ${count}) { return; }`);
    body("unit");
    return this.dispatch(Math.ceil(units / this.size));
  }

  /** The dispatch of as many workgroups as there are units; `local` numbers the invocations of each. */
  perWorkgroup(units: number, body: (unit: string, local: string) => void): Dispatch {
    const count = this.word(units);
    this.do(`if (group >= ${count}) { return; }`);
    body("group", "local");
    return this.dispatch(units);
  }

  private dispatch(workgroups: number): Dispatch {
    const code = [
      ...[...this.features].map((feature) => `enable ${feature};`),
      // Which invocations meet is the business of whoever lets them: the compiler sees only that some may have returned.
      ...(this.features.has("subgroups") ? ["diagnostic(off, subgroup_uniformity);"] : []),
      `struct Words { at: array<vec4<u32>, ${Math.max(1, Math.ceil(this.words.length / 4))}> }`,
      "@group(0) @binding(0) var<uniform> words: Words;",
      ...this.bindings,
      ...this.shared,
      ...this.definitions.values(),
      `@compute @workgroup_size(${this.size})`,
      "fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>,",
      ...[...this.builtins].map((builtin) => `@builtin(${builtin}) ${builtin}: u32,`),
      "@builtin(local_invocation_index) local: u32) {",
      "let group = id.y * count.x + id.x;",
      ...this.statements,
      "}",
    ].join("\n");
    const { label, memory, words } = this;
    return { label, code, memory, words, workgroups };
  }
}
