import { allocate, isFloat } from "../autodiff/dtype.js";
import type { DType, Tensor } from "../autodiff/index.js";
import { sizeOf } from "../autodiff/shape.js";
import type { Backend, TypedArray } from "../backends/backend.js";
import { sfc32 } from "./sfc32.js";

/** What is known of a value before anything is computed. */
export interface Fact {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** All elements lie in [low, high]. */
  readonly low: number;
  readonly high: number;
  /** For floats: all elements are multiples of 2^−grid, and no order of operations rounds; undefined where one may. */
  readonly grid: number | undefined;
  /** How far rounding may have moved an element, in units of half the spacing of the numbers near 1. */
  readonly error: number;
  /** Whether its slopes are a continuous function of what is rounded. */
  readonly smooth: boolean;
}

/** Where a leaf's values come from. */
export interface LeafValues {
  readonly seed: number;
  /** The values themselves, where not just any in the range would do. */
  readonly list?: readonly number[];
}

/** Computes a line's tensor from its inputs' tensors. */
export type Apply = (inputs: readonly Tensor<never>[], backend: Backend) => Tensor<DType>;

export interface Line {
  /** The operation as it is printed; `$0`, `$1`, … stand for the inputs. */
  readonly text: string;
  /** Positions of earlier lines. */
  readonly inputs: readonly number[];
  readonly apply: Apply;
  readonly fact: Fact;
  readonly leaf: LeafValues | undefined;
}

export function isLeaf(line: Line): line is Line & { readonly leaf: LeafValues } {
  return line.leaf !== undefined;
}

/** The largest magnitude that an element may have. */
export function boundOf({ low, high }: Fact): number {
  return Math.max(Math.abs(low), Math.abs(high));
}

/** Values that agree with a fact. */
export function valuesOf(fact: Fact, { seed, list }: LeafValues, variant: number): TypedArray {
  const { shape, dtype, low, high, grid } = fact;
  const values = allocate(dtype, sizeOf(shape));
  if (list !== undefined) {
    values.set(list);
    return values;
  }
  const uniform = sfc32(seed + variant * 1_000_003);
  const step = isFloat(dtype) ? (grid === undefined ? 0 : 2 ** -grid) : 1;
  for (let i = 0; i < values.length; i++) {
    const drawn = low + uniform() * (high - low);
    const onGrid = step === 0 ? drawn : Math.round(drawn / step) * step;
    values[i] = Math.min(high, Math.max(low, onGrid));
  }
  return values;
}

/** A line that is no operation. */
export function leafLine(fact: Fact, leaf: LeafValues): Line {
  const range = `[${fact.low}, ${fact.high}]`;
  const grid = fact.grid === undefined || !isFloat(fact.dtype) ? "" : `, multiples of ${2 ** -fact.grid}`;
  const text = leaf.list ? `leaf(${leaf.list.join(", ")})` : `leaf(seed ${leaf.seed}, in ${range}${grid})`;
  const apply: Apply = () => {
    throw new Error("randomPrograms: a leaf is given, not computed");
  };
  return { text, inputs: [], apply, fact, leaf };
}
