import { type Backend, cpu, type Tensor, tensor } from "cotangent";
import { expect } from "vitest";
import type { DType, TypedArray } from "../../../../src/backends/backend.js";
import { typedArrays } from "../../../../src/backends/backend.js";
import { gpu } from "../../../support/law.js";

/** Makes a tensor of a program that runs on either backend. */
export type Make = <D extends DType = "f32">(
  values: ArrayLike<number>,
  options?: { readonly dtype?: D; readonly shape?: readonly number[] },
) => Tensor<D>;

/** A program of tensors that it makes itself. */
export type OnEither = (make: Make, backend: Backend) => Tensor<DType>;

export function makeOn(backend: Backend): Make {
  return (values, { dtype, shape = [values.length] } = {}) => {
    const array = new typedArrays[dtype ?? "f32"](values.length);
    array.set(values);
    return tensor(array as Float32Array, { shape, backend }) as Tensor<DType> as never;
  };
}

/** What a program gives on the device, and what on the CPU. */
export async function onBoth(
  program: OnEither,
  device: Backend = gpu!,
): Promise<readonly [device: TypedArray, cpu: TypedArray]> {
  const run = (backend: Backend) => program(makeOn(backend), backend).data() as Promise<TypedArray>;
  return [await run(device), await run(cpu())];
}

/** A program gives on the device what it gives on the CPU, bit for bit but for the signs of NaN. */
export async function expectSame(program: OnEither, device?: Backend): Promise<void> {
  const [found, expected] = await onBoth(program, device);
  expect(found.constructor).toBe(expected.constructor);
  expect(found.length).toBe(expected.length);
  const wrong = found.findIndex((value, i) => !Object.is(value, expected[i]));
  if (wrong >= 0)
    expect([wrong, found[wrong], [...found.slice(0, 300)]]).toEqual([
      wrong,
      expected[wrong],
      [...expected.slice(0, 300)],
    ]);
}

/** `count` different whole numbers, those that lie next to each other far apart. */
export function scattered(count: number): number[] {
  return Array.from({ length: count }, (_, i) => ((i * 7919) % 1009) - 504);
}
