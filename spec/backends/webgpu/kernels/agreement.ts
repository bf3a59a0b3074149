import { cpu } from "cotangent";
import { type Law, lawsFor } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";
import { expect, it } from "vitest";
import type { DType, TypedArray } from "../../../../src/backends/backend.js";
import { type CallKernel, schedule } from "../../../../src/backends/schedule/index.js";
import { compileCall } from "../../../../src/backends/webgpu/kernels/calls.js";
import type { Dispatch } from "../../../../src/backends/webgpu/kernels/dispatch.js";
import { gpu } from "../../../support/law.js";
import { type Call, programOf, runOn } from "../../kernel-call.js";
import { elementsOf } from "../../wasm/kernels/elements.js";

const runs = Number(process.env.COTANGENT_FUZZ_RUNS ?? 25);
const seed = Number(process.env.COTANGENT_FUZZ_SEED ?? 42);

/** A property over random inputs. */
export const law: Law = lawsFor(it, { runs, seed, timeout: 3_600_000 });

export const dtypes: Arbitrary<DType> = fc.constantFrom("f32", "i32", "u32", "bool");
export const numberDTypes: Arbitrary<DType> = fc.constantFrom("f32", "i32", "u32");

/** Elements that are added up: a device may take numbers below 1e-38 for 0. */
export function termsOf(dtype: DType, count: number): Arbitrary<number[]> {
  const elements = elementsOf(dtype, count);
  return dtype === "f32" ? elements.map((values) => values.map((x) => (Math.abs(x) < 1e-25 ? 0 * x : x))) : elements;
}

/** What the shaders of an operation give, and what the CPU gives. */
export async function bothOf(call: Call): Promise<readonly [TypedArray, TypedArray]> {
  const program = programOf(call);
  return [await runOn(gpu!, program, call), await runOn(cpu(), program, call)];
}

/** The shaders of an operation give what the CPU gives, bit for bit but for the signs of NaN. */
export async function expectAgreement(call: Call): Promise<void> {
  const [found, expected] = await bothOf(call);
  expect([...found]).toEqual([...expected]);
}

/** What an operation dispatches. */
export function dispatchesOf(call: Call): readonly Dispatch[] {
  const { kernels } = schedule(programOf(call));
  const kernel = kernels.find((candidate): candidate is CallKernel => candidate.kind === "call")!;
  const compiled = compileCall(kernel, call.op, { subgroups: false, sharedMemory: true });
  if (compiled === undefined) throw new Error(`no shaders for ${call.op}`);
  return compiled.dispatches;
}

/** The texts of an operation's shaders, each once. */
export function shadersOf(call: Call): ReadonlySet<string> {
  return new Set(dispatchesOf(call).map(({ code }) => code));
}
