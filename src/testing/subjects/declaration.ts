import { checkOneOf } from "../../autodiff/check.js";
import type { Axis, Inputs } from "./inputs.js";
import { axesOf, type Size } from "./sample.js";

/** Throws unless the name is one by which laws can be told apart. */
export function checkName(caller: string, name: unknown): void {
  if (typeof name === "string" && name.trim() !== "") return;
  throw new TypeError(`${caller}: name is ${JSON.stringify(name)} but must be the name of what is verified`);
}

/** Throws unless a field of the declaration is a function. */
export function checkFunction(caller: string, name: string, value: unknown, signature: string): void {
  if (typeof value === "function") return;
  throw new TypeError(`${caller}: ${name} is ${show(value)} but must be a function, ${signature}`);
}

/** Throws where a field is none that the declaration has: a misspelt one would prove nothing. */
export function checkFields(caller: string, declaration: object, known: readonly string[]): void {
  for (const field of Object.keys(declaration)) {
    if (known.includes(field)) continue;
    throw new TypeError(`${caller}: ${field} is no field of the declaration but must be one of ${known.join(", ")}`);
  }
}

/** Throws unless inputs, sizes and the result's axes fit each other. */
export function checkAxes(
  caller: string,
  inputs: Inputs,
  sizes: Readonly<Record<string, Size>>,
  shape: readonly Axis[],
): void {
  if (typeof inputs !== "object" || inputs === null || Object.keys(inputs).length === 0) {
    throw new TypeError(`${caller}: inputs is ${show(inputs)} but must have an input, such as scores(["batch"])`);
  }
  for (const [name, input] of Object.entries(inputs)) {
    if (typeof input?.place !== "function") {
      throw new TypeError(
        `${caller}: inputs.${name} is ${show(input)} but must be an input, such as scores(["batch"])`,
      );
    }
    for (const axis of input.over === undefined ? input.axes : [...input.axes, input.over]) {
      if (typeof axis === "string" || (Number.isSafeInteger(axis) && axis >= 1)) continue;
      throw new RangeError(`${caller}: an axis of inputs.${name} is ${axis} but must be a name or a whole number ≥ 1`);
    }
  }
  for (const [axis, size] of Object.entries(sizes)) {
    checkAxis(caller, `sizes.${axis}`, axis, inputs);
    const [least, most] = typeof size === "number" ? [size, size] : size;
    if (Number.isSafeInteger(least) && Number.isSafeInteger(most) && least >= 1 && least <= most) continue;
    throw new RangeError(
      `${caller}: sizes.${axis} is ${JSON.stringify(size)} but must be a whole number ≥ 1, or [least, most]`,
    );
  }
  if (!Array.isArray(shape)) {
    throw new TypeError(
      `${caller}: shape is ${show(shape)} but must be the axes of the result, such as ["batch"] or []`,
    );
  }
  for (const axis of shape) if (typeof axis === "string") checkAxis(caller, "shape", axis, inputs);
}

/** Throws unless an input has the axis. */
export function checkAxis(caller: string, where: string, axis: unknown, inputs: Inputs): void {
  const known = axesOf(inputs);
  if (known.includes(axis as string)) return;
  const right = known.length === 0 ? "none, as inputs name no axis" : `one of ${known.join(", ")}`;
  throw new RangeError(`${caller}: ${where} names the axis ${JSON.stringify(axis)} but must name ${right}`);
}

/** Throws unless the name is that of an input. */
export function checkInput(caller: string, where: string, name: unknown, inputs: Inputs): void {
  checkOneOf(caller, where, name, Object.keys(inputs));
}

/** What came, in a message. */
export function show(value: unknown): string {
  if (typeof value === "string" || Array.isArray(value)) return JSON.stringify(value);
  if (value === null || typeof value !== "object") return typeof value === "function" ? "a function" : String(value);
  return value instanceof Promise ? "a promise" : `{${Object.keys(value).join(", ")}}`;
}
