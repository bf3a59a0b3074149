import type { DType, ProgramNode, TypedArray } from "../backends/backend.js";
import { showShape } from "./check.js";
import type { Finding } from "./find-non-finite.js";
import type { Shape } from "./shape.js";
import { describeSite, type Site } from "./sites.js";

/** Which operation made a value that is not finite. */
export interface NonFiniteDetails {
  /** The operation; `leaf` is a tensor that was handed in. */
  readonly op: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** How many of its values are NaN, +∞ and −∞. */
  readonly counts: { readonly nan: number; readonly positive: number; readonly negative: number };
  /** Where the first of them is. */
  readonly index: readonly number[];
  /** The function of the library that was called, and the line that calls it; undefined for a tensor computed before. */
  readonly site: string | undefined;
}

/** A value that is NaN or infinite, found by `checkFinite`. */
export class NonFiniteError extends Error implements NonFiniteDetails {
  override readonly name: string = "NonFiniteError";
  readonly op: string;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly counts: NonFiniteDetails["counts"];
  readonly index: readonly number[];
  readonly site: string | undefined;
  /** The message without the caller's name. */
  readonly finding: string;

  /** @internal */
  constructor(finding: string, { op, dtype, shape, counts, index, site }: NonFiniteDetails) {
    super(`checkFinite: ${finding}`);
    this.finding = finding;
    this.op = op;
    this.dtype = dtype;
    this.shape = shape;
    this.counts = counts;
    this.index = index;
    this.site = site;
  }
}

/** The error that says what was found. */
export function nonFiniteError({ node, values, index, inputs }: Finding): NonFiniteError {
  const details = detailsOf(node, values, index);
  const { op, site } = details;
  const made = op === "leaf" ? "a tensor that was handed in" : op;
  const given = inputs.map((input) => `${showNode(input.node)} ${showRange(input.values)}`);
  const from = given.length === 0 ? "" : `; computed from ${given.join(" and ")}`;
  const where = site === undefined ? "" : `; made in ${site}`;
  return new NonFiniteError(`${made}, ${showBad(details, values, index)} but must be finite${from}${where}`, details);
}

/** The error for values that are finite when they are computed anew. */
export function unexplainedError(node: ProgramNode, values: TypedArray): NonFiniteError {
  const index = values.findIndex((value) => !Number.isFinite(value));
  const details = detailsOf(node, values, index);
  const again = "computed anew, operation by operation, it is";
  return new NonFiniteError(`${node.op}, ${showBad(details, values, index)} but must be finite; ${again}`, details);
}

function detailsOf({ op, dtype, shape, site }: ProgramNode, values: TypedArray, index: number): NonFiniteDetails {
  const counts = { nan: 0, positive: 0, negative: 0 };
  for (const value of values) {
    if (Number.isNaN(value)) counts.nan += 1;
    else if (value === Number.POSITIVE_INFINITY) counts.positive += 1;
    else if (value === Number.NEGATIVE_INFINITY) counts.negative += 1;
  }
  const place = site === undefined ? undefined : describeSite(site as Site);
  return { op, dtype, shape, counts, index: indexIn(shape, index), site: place };
}

function showBad({ dtype, shape, counts, index }: NonFiniteDetails, values: TypedArray, at: number): string {
  const { nan, positive, negative } = counts;
  const parts = [
    [nan, "NaN"],
    [positive, "∞"],
    [negative, "−∞"],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  const place =
    shape.length === 0 ? "" : ` among ${values.length} values (${showValue(values[at])} at ${showShape(index)})`;
  return `${dtype} ${showShape(shape)}, holds ${parts.join(" and ")}${place}`;
}

function showNode({ dtype, shape }: ProgramNode): string {
  return `${dtype} ${showShape(shape)}`;
}

/** The least and the largest value, and whether some have no order. */
function showRange(values: TypedArray): string {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let nan = 0;
  for (const value of values) {
    if (Number.isNaN(value)) nan += 1;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (values.length === 0) return "without values";
  if (nan === values.length) return "of NaN";
  const range = low === high ? `of ${showValue(low)}` : `from ${showValue(low)} to ${showValue(high)}`;
  return nan > 0 ? `${range} and NaN` : range;
}

function showValue(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value === Number.POSITIVE_INFINITY ? "∞" : "−∞";
  return String(Number(value.toPrecision(6))).replace("-", "−");
}

/** The position of an element, axis by axis. */
function indexIn(shape: Shape, at: number): number[] {
  let rest = at;
  const index = shape.map(() => 0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return index;
}
