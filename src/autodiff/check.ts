export { BackendError, DeviceLostError } from "../backends/backend.js";

/** Tensors whose shapes do not fit the operation. */
export class ShapeError extends Error {
  override readonly name: string = "ShapeError";
}

/** Tensors whose element types do not fit the operation. */
export class DTypeError extends Error {
  override readonly name: string = "DTypeError";
}

/** A tensor used after its memory was given back. */
export class DisposedError extends Error {
  override readonly name: string = "DisposedError";
}

/** `[4, 3]`: how a shape reads in every message. */
export function showShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

interface Shaped {
  readonly shape: readonly number[];
}

/** Throws ShapeError unless all named tensors have the shape of the first. */
export function checkSameShape(caller: string, tensors: Readonly<Record<string, Shaped>>): void {
  const [[reference, { shape: wanted }], ...others] = Object.entries(tensors);
  for (const [name, { shape }] of others) {
    if (shape.length !== wanted.length || shape.some((size, axis) => size !== wanted[axis])) {
      throw new ShapeError(
        `${caller}: ${name} has shape ${showShape(shape)} but must match ${reference}, ${showShape(wanted)}`,
      );
    }
  }
}

/** Throws ShapeError unless each named tensor has the given rank. */
export function checkRank(caller: string, tensors: Readonly<Record<string, Shaped>>, rank: number): void {
  for (const [name, { shape }] of Object.entries(tensors)) {
    if (shape.length !== rank) {
      throw new ShapeError(
        `${caller}: ${name} has shape ${showShape(shape)} but must have ${rank} ${rank === 1 ? "axis" : "axes"}`,
      );
    }
  }
}

/** Throws ShapeError unless the tensor has exactly this shape; `-1` accepts any size on that axis. */
export function checkShape(caller: string, name: string, tensor: Shaped, wanted: readonly number[]): void {
  const { shape } = tensor;
  if (shape.length !== wanted.length || wanted.some((size, axis) => size !== -1 && size !== shape[axis])) {
    const shown = wanted.map((size) => (size === -1 ? "any" : size));
    throw new ShapeError(`${caller}: ${name} has shape ${showShape(shape)} but must be [${shown.join(", ")}]`);
  }
}

function checkEach(
  caller: string,
  options: Readonly<Record<string, number>>,
  valid: (value: number) => boolean,
  right: string,
): void {
  for (const [name, value] of Object.entries(options)) {
    if (typeof value !== "number" || !valid(value)) {
      throw new RangeError(`${caller}: ${name} is ${value} but must be ${right}`);
    }
  }
}

/** Throws RangeError unless every option is a finite number ≥ `least`. */
export function checkAtLeast(caller: string, options: Readonly<Record<string, number>>, least: number): void {
  checkEach(caller, options, (value) => Number.isFinite(value) && value >= least, `a finite number ≥ ${least}`);
}

/** Throws RangeError unless every option is a finite number > `bound`. */
export function checkAbove(caller: string, options: Readonly<Record<string, number>>, bound: number): void {
  checkEach(caller, options, (value) => Number.isFinite(value) && value > bound, `a finite number > ${bound}`);
}

/** Throws RangeError unless every option lies in the interval; it reads `[0, 1)` with `openAbove`, `(0, 1]` with `openBelow`. */
export function checkBetween(
  caller: string,
  options: Readonly<Record<string, number>>,
  low: number,
  high: number,
  { openBelow = false, openAbove = false }: { readonly openBelow?: boolean; readonly openAbove?: boolean } = {},
): void {
  const valid = (value: number) =>
    (openBelow ? value > low : value >= low) && (openAbove ? value < high : value <= high);
  checkEach(caller, options, valid, `in ${openBelow ? "(" : "["}${low}, ${high}${openAbove ? ")" : "]"}`);
}

/** Throws RangeError unless every option is a whole number ≥ `least`. */
export function checkCount(caller: string, options: Readonly<Record<string, number>>, least: number): void {
  checkEach(caller, options, (value) => Number.isSafeInteger(value) && value >= least, `a whole number ≥ ${least}`);
}

/** Throws TypeError unless the value is one of those listed. */
export function checkOneOf(caller: string, name: string, value: unknown, allowed: readonly string[]): void {
  if (!allowed.includes(value as string)) {
    throw new TypeError(`${caller}: ${name} is ${JSON.stringify(value)} but must be one of ${allowed.join(", ")}`);
  }
}
