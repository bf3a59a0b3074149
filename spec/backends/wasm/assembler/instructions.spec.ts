import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  atLane,
  f32,
  f64,
  i32,
  i32x4,
  i64,
  load,
  ModuleBuilder,
  op,
  store,
  type Value,
} from "../../../../src/backends/wasm/assembler/index.js";
import { instructionOf } from "../../../../src/backends/wasm/assembler/instructions.js";
import { webAssembly } from "../../../../src/backends/wasm/host.js";

const source = readFileSync(
  new URL("../../../../src/backends/wasm/assembler/instructions.ts", import.meta.url),
  "utf8",
);
const names = [...new Set(source.match(/\b(?:[if](?:32|64)|v128|i8x16|i16x8|[if]32x4|[if]64x2)\.[a-z0-9_]+/g))];

const zeros: Readonly<Record<string, Value>> = { i32: i32(0), i64: i64(0n), f32: f32(0), f64: f64(0), v128: i32x4(0) };

describe("instructions", () => {
  it("are more than two hundred", () => expect(names.length).toBeGreaterThan(200));

  it.each(names)("%s validates with the operands and the result of the table", (name) => {
    const { operands, result } = instructionOf(name);
    const module = new ModuleBuilder({ initial: 1, maximum: 1, shared: false });
    const values = operands.map((type) => zeros[type]);
    module.function([], result, (f) => {
      const inMemory = /\.(load|store)/.test(name);
      const lane = name.endsWith("_lane");
      if (/\.store/.test(name)) f.do(store(name, values[0], values[1], 0, lane ? 1 : undefined));
      else if (inMemory) f.return(load(name, values[0], 0, values[1], 1));
      else f.return(/(extract|replace)_lane/.test(name) ? atLane(name, 1, ...values) : op(name, ...values));
    });
    const { Module } = webAssembly();
    expect(() => new Module(module.assemble())).not.toThrow();
  });

  it("must be known", () => {
    expect(() => op("f32.cosine", f32(0))).toThrow("assembler: there is no instruction f32.cosine");
  });

  it("say which operands they take", () => {
    expect(() => op("f32x4.add", f32(0), i32x4(0))).toThrow("assembler: f32x4.add takes v128, v128 but got f32, v128");
  });
});
