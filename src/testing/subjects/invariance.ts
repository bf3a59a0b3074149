import { type DType, gather, slice, type Tensor } from "../../autodiff/index.js";
import { fromValues } from "../../autodiff/ops/create.js";
import { sfc32 } from "../sfc32.js";
import type { Axis, Input, Inputs, Place, ValuesOf } from "./inputs.js";
import { type Placed, type Sample, sizeAt } from "./sample.js";

/** The names of inputs that are tensors of real numbers. */
export type RealName<I extends Inputs> = {
  [K in keyof I]: I[K] extends Input<infer T, infer Host>
    ? T extends Tensor<DType>
      ? Host extends Float64Array
        ? K & string
        : never
      : never
    : never;
}[keyof I];

type Names<Name> = Name | readonly Name[];

/** What a change of the inputs does to the value: nothing, if no more is said. */
export type Invariance<I extends Inputs> =
  /** Adds a number to all elements along an axis, another one beside it; without an axis, the same everywhere. */
  | { readonly shift: Names<RealName<I>>; readonly along?: string }
  /** Multiplies by a positive number; the value by that to the power `degree`, which is 0 by default. */
  | { readonly scale: Names<RealName<I>>; readonly degree?: number }
  /** Flips all signs of the inputs named; the value's too if `odd`. */
  | { readonly negate: Names<RealName<I>>; readonly odd?: boolean }
  /** Reorders an axis wherever it occurs, and relabels ids that count it; the value is reordered if it has the axis. */
  | { readonly permute: string }
  /** Leaves one element of an axis: its value does not depend on the others. */
  | { readonly alone: string }
  /** A change of one's own; `amount` is a random number in [−2, 2]. */
  | {
      readonly name: string;
      readonly change: (values: ValuesOf<I>, amount: number) => ValuesOf<I>;
      readonly value?: (value: Tensor, amount: number) => Tensor;
    };

/** The changed inputs, and what becomes of the value. */
export interface Changed {
  readonly values: Placed;
  readonly sizes: Sample["sizes"];
  readonly value: (value: Tensor) => Tensor;
}

/** An invariance that is ready to be checked. */
export interface Change {
  readonly name: string;
  apply(values: Placed, sample: Sample, place: Place): Changed;
}

const unchanged = (value: Tensor) => value;

/** What an invariance means for inputs and a result of these axes. */
export function changeOf(invariance: Invariance<Inputs>, inputs: Inputs, shape: readonly Axis[]): Change {
  if ("shift" in invariance) return shift(inputs, list(invariance.shift), invariance.along);
  if ("scale" in invariance) return scale(list(invariance.scale), invariance.degree ?? 0);
  if ("negate" in invariance) return negate(list(invariance.negate), invariance.odd);
  if ("permute" in invariance) return permute(inputs, shape, invariance.permute);
  if ("alone" in invariance) return alone(inputs, shape, invariance.alone);
  const { name, change, value = unchanged } = invariance;
  return {
    name,
    apply: (values, { sizes, seed }) => {
      const amount = 4 * sfc32(seed)() - 2;
      return { values: { ...values, ...change(values as never, amount) }, sizes, value: (v) => value(v, amount) };
    },
  };
}

export function list<T>(names: Names<T>): readonly T[] {
  return Array.isArray(names) ? names : [names as T];
}

/** `logits is`, `scores and labels are`. */
function subjectOf(names: readonly string[]): string {
  return `${names.join(" and ")} ${names.length === 1 ? "is" : "are"}`;
}

function each(values: Placed, names: readonly string[], f: (x: Tensor, name: string) => Tensor): Placed {
  return { ...values, ...Object.fromEntries(names.map((name) => [name, f(values[name] as Tensor, name)])) };
}

function shift(inputs: Inputs, names: readonly string[], along: string | undefined): Change {
  return {
    name: `does not change where ${subjectOf(names)} shifted${along === undefined ? "" : ` along ${along}`}`,
    apply: (values, { sizes, seed }, { backend, dtype }) => {
      const uniform = sfc32(seed);
      const shifted = each(values, names, (x, name) => {
        const lengths = x.shape.map((size, i) => (along === undefined || inputs[name].axes[i] === along ? 1 : size));
        const amounts = Float64Array.from({ length: lengths.reduce((a, b) => a * b, 1) }, () => 4 * uniform() - 2);
        return x.add(fromValues(amounts, { shape: lengths, backend, dtype }) as Tensor);
      });
      return { values: shifted, sizes, value: unchanged };
    },
  };
}

function scale(names: readonly string[], degree: number): Change {
  const effect = degree === 0 ? "does not change" : `is multiplied by s^${degree}`;
  return {
    name: `${effect} where ${subjectOf(names)} multiplied by s > 0`,
    apply: (values, { sizes, seed }) => {
      const by = 4 ** (2 * sfc32(seed)() - 1);
      const value = degree === 0 ? unchanged : (v: Tensor) => v.mul(by ** degree);
      return { values: each(values, names, (x) => x.mul(by)), sizes, value };
    },
  };
}

function negate(names: readonly string[], odd = false): Change {
  return {
    name: `${odd ? "flips its sign" : "does not change"} where the signs of ${names.join(" and ")} are flipped`,
    apply: (values, { sizes }) => ({
      values: each(values, names, (x) => x.neg()),
      sizes,
      value: odd ? (v) => v.neg() : unchanged,
    }),
  };
}

function permute(inputs: Inputs, shape: readonly Axis[], axis: string): Change {
  return {
    name: `does not depend on the order of ${axis}${shape.includes(axis) ? ", but that its values are in" : ""}`,
    apply: (values, { sizes, seed }, { backend }) => {
      const order = shuffled(sizeAt(axis, sizes), sfc32(seed));
      const places = new Int32Array(order.length);
      order.forEach((from, to) => {
        places[from] = to;
      });
      const ids = (of: Int32Array) => fromValues(of, { backend }) as Tensor<DType> as Tensor<"i32">;
      const permuted = Object.entries(inputs).map(([name, { axes, over }]) => {
        const moved = reorder(values[name] as Tensor<DType>, axes, axis, ids(order));
        return [name, over === axis ? gather(ids(places), moved as Tensor<"i32">) : moved];
      });
      const value = (v: Tensor) => reorder(v, shape, axis, ids(order)) as Tensor;
      return { values: Object.fromEntries(permuted), sizes, value };
    },
  };
}

/** Takes the elements along the named axes in another order; what has no such axis stays as it is. */
function reorder(x: Tensor<DType>, axes: readonly Axis[], axis: string, order: Tensor<"i32">): Tensor<DType> {
  return axes.reduce((sofar: Tensor<DType>, name, i) => {
    if (name !== axis) return sofar;
    const swap = sofar.shape.map((_, at) => (at === 0 ? i : at === i ? 0 : at));
    return gather(sofar.transpose(swap), order).transpose(swap);
  }, x);
}

function shuffled(length: number, uniform: () => number): Int32Array {
  const order = Int32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const other = Math.floor(uniform() * (i + 1));
    [order[i], order[other]] = [order[other], order[i]];
  }
  return order;
}

function alone(inputs: Inputs, shape: readonly Axis[], axis: string): Change {
  return {
    name: `takes each of ${axis} alone`,
    apply: (values, { sizes, seed }) => {
      const kept = Math.floor(sfc32(seed)() * sizeAt(axis, sizes));
      const one = (x: Tensor<DType>, axes: readonly Axis[]) =>
        slice(
          x,
          x.shape.map((_, i) => (axes[i] === axis ? kept : 0)),
          x.shape.map((size, i) => (axes[i] === axis ? kept + 1 : size)),
        );
      const cut = Object.entries(inputs).map(([name, { axes }]) => {
        const value = values[name];
        return [name, axes.includes(axis) ? one(value as Tensor<DType>, axes) : value];
      });
      return {
        values: Object.fromEntries(cut),
        sizes: { ...sizes, [axis]: 1 },
        value: (v) => one(v, shape) as Tensor,
      };
    },
  };
}
