import { checkAtLeast } from "../../autodiff/check.js";
import { allocate } from "../../autodiff/dtype.js";
import { leaf } from "../../autodiff/graph.js";
import { bernoulli, cast, gather, randomInt, type Tensor, where } from "../../autodiff/index.js";
import { checkClassIds } from "../class-ids.js";
import { type AliasTable, aliasTable } from "./alias-table.js";
import { finestFloat, shapeOf } from "./draw-shape.js";
import type { Sampler } from "./sampler.js";

export type AliasSamplerOptions =
  | {
      /** `[C]`, ≥ 0, adding up to 1 within 1e-9; C ≥ 2. */
      readonly probabilities: ArrayLike<number>;
    }
  | {
      /** `[C]`, ≥ 0 and not all 0, on any scale; C ≥ 2. */
      readonly weights: ArrayLike<number>;
    };

type Backend = Tensor["backend"];

interface HeldTables {
  readonly keep: Tensor;
  readonly alias: Tensor<"i32">;
  readonly logProbability: Tensor;
}

/**
 * Any distribution over classes: O(C) to build, O(1) a draw.
 *
 *     c uniform in [0, C)      j = c with chance keep_c, else alias_c      log q_j from a table
 *
 * Reach for it when class frequencies are known: `aliasSampler({ probabilities: unigramPower(counts) })`. Its tables,
 * 20 bytes a class (12 without f64), go to a backend when it is first used there, and stay as long as the sampler.
 *
 * @throws RangeError if there are fewer than 2 classes, one is negative or not finite, all are 0, or `probabilities` do
 * not add up to 1
 * @source Walker, "An Efficient Method for Generating Discrete Random Variables with General Distributions", ACM TOMS 1977
 */
export function aliasSampler(options: AliasSamplerOptions): Sampler {
  const probabilities = normalized(options);
  const classes = probabilities.length;
  const table = aliasTable(probabilities);
  const held = new Map<Backend, HeldTables>();
  const tablesOn = (backend: Backend): HeldTables => {
    let tables = held.get(backend);
    if (tables === undefined) {
      tables = place(table, probabilities, backend);
      held.set(backend, tables);
    }
    return tables;
  };
  const missing = zerosOf(probabilities);
  return {
    classes,
    ...(missing.length > 0 ? { missing } : {}),
    draw: (key, shape) => {
      const { keep, alias } = tablesOn(key.backend);
      const columns = randomInt(key.at("column"), shapeOf("aliasSampler", shape), classes);
      const stays = bernoulli(key.at("coin"), gather(keep, columns));
      return where(stays, columns, gather(alias, columns));
    },
    logProbability: (ids, like = { dtype: "f32" }) => {
      checkClassIds("aliasSampler", { ids }, classes);
      return cast(gather(tablesOn(ids.backend).logProbability, ids), like.dtype);
    },
  };
}

function normalized(options: AliasSamplerOptions): Float64Array {
  const [name, values] =
    "probabilities" in options ? ["probabilities", options.probabilities] : ["weights", options.weights];
  if (values.length < 2) {
    throw new RangeError(`aliasSampler: ${name} has ${values.length} classes but must have at least 2`);
  }
  const { total, largest } = totalOf(name as string, values as ArrayLike<number>);
  if (!(largest > 0)) throw new RangeError(`aliasSampler: ${name} is 0 everywhere but must have a class above 0`);
  if (name === "probabilities" && !(Math.abs(total * largest - 1) <= 1e-9)) {
    throw new RangeError(
      `aliasSampler: probabilities adds up to ${total * largest} but must add up to 1; pass weights if it is meant`,
    );
  }
  return Float64Array.from(values as ArrayLike<number>, (value) => value / largest / total);
}

/** The sum over the largest, which cannot overflow, with compensation: C may be ten million. */
function totalOf(name: string, values: ArrayLike<number>): { readonly total: number; readonly largest: number } {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    if (!(values[i] >= 0 && values[i] < Number.POSITIVE_INFINITY)) {
      checkAtLeast("aliasSampler", { [`${name}[${i}]`]: values[i] }, 0);
    }
    if (values[i] > largest) largest = values[i];
  }
  let total = 0;
  let lost = 0;
  for (let i = 0; i < values.length; i++) {
    const term = values[i] / largest - lost;
    const next = total + term;
    lost = next - total - term;
    total = next;
  }
  return { total, largest };
}

function zerosOf(probabilities: Float64Array): number[] {
  const zeros: number[] = [];
  for (let j = 0; j < probabilities.length; j++) if (probabilities[j] === 0) zeros.push(j);
  return zeros;
}

function place({ keep, alias }: AliasTable, probabilities: Float64Array, backend: Backend): HeldTables {
  const dtype = finestFloat(backend);
  const logs = allocate(dtype, probabilities.length);
  for (let j = 0; j < logs.length; j++) logs[j] = Math.log(probabilities[j]);
  const chances = dtype === "f64" ? keep : Float32Array.from(keep);
  const shape = [probabilities.length];
  return {
    keep: leaf(backend, chances, shape, dtype),
    alias: leaf(backend, alias, shape, "i32"),
    logProbability: leaf(backend, logs, shape, dtype),
  };
}
