import { checkAtLeast, checkCount } from "../../autodiff/check.js";
import type { ClusterCost } from "./computation-time-model.js";
import { checkCutoffs } from "./remap-targets.js";

/** Cutoffs, and what they cost. */
export interface OptimalCutoffs {
  /** First class of each tail, ascending; none where a full softmax is cheapest. */
  readonly cutoffs: number[];
  /** Cost of a batch, in the unit of the model. */
  readonly cost: number;
}

export interface OptimalCutoffsOptions {
  /** Least number of tails, a whole number ≥ 0; 0 allows a full softmax. Default 0. */
  readonly fewestTails?: number;
  /** Greatest number of tails, a whole number ≥ `fewestTails`. Default 5. */
  readonly mostTails?: number;
  /** Cut only at about this many places, evenly apart; a whole number ≥ 1. Default 1000, or all where they are fewer. */
  readonly grid?: number;
}

/**
 * The cutoffs of an adaptive softmax that make a step cheapest, by dynamic programming.
 *
 *     D_i[v] = min_{u > v} tail(u − v, P_u − P_v, i) + D_{i+1}[u]      D_{J+1}[V] = 0      T = min_k head(J + k) + D_1[k]
 *
 * with P the share of labels below a class. It takes time J²·grid² for all numbers of tails up to J. Reach for it before
 * `adaptiveSoftmax`, with a `computationTimeModel` fitted to the machine.
 *
 * @param counts - `[V]`, how often each class occurs, most frequent first: `frequencyOrder(…).counts`
 * @param model - `computationTimeModel` or `operationCountModel`
 * @throws RangeError if a count is negative or not finite, above the one before, or none is above 0
 * @throws RangeError if an option is no such whole number, or there are too few places for `fewestTails`
 * @source Grave et al., "Efficient Softmax Approximation for GPUs", ICML 2017, arXiv:1609.04309, section 4.2
 */
export function optimalCutoffs(
  counts: ArrayLike<number>,
  model: ClusterCost,
  { fewestTails = 0, mostTails = Math.max(5, fewestTails), grid = 1000 }: OptimalCutoffsOptions = {},
): OptimalCutoffs {
  checkCount("optimalCutoffs", { fewestTails }, 0);
  checkCount("optimalCutoffs", { mostTails }, fewestTails);
  checkCount("optimalCutoffs", { grid }, 1);
  const below = massBelow("optimalCutoffs", counts);
  const classes = counts.length;
  const places = placesOf(classes, grid);
  if (fewestTails >= places.length) {
    throw new RangeError(
      `optimalCutoffs: fewestTails is ${fewestTails} but must be below ${places.length}, the places where a cluster can end`,
    );
  }
  let best: OptimalCutoffs = { cutoffs: [], cost: Number.POSITIVE_INFINITY };
  for (let tails = fewestTails; tails <= Math.min(mostTails, places.length - 1); tails++) {
    const found = cheapest(places, below, model, tails);
    if (found.cost < best.cost) best = found;
  }
  return best;
}

/** Ends of clusters that are tried: multiples of V / grid. */
function placesOf(classes: number, grid: number): number[] {
  const count = Math.min(grid, classes);
  return Array.from({ length: count }, (_, g) => Math.round(((g + 1) * classes) / count));
}

function cheapest(places: readonly number[], below: Float64Array, model: ClusterCost, tails: number): OptimalCutoffs {
  const end = places.length - 1;
  let rest = new Float64Array(places.length).fill(Number.POSITIVE_INFINITY); // cost of the tails from a place on
  rest[end] = 0;
  const next: Int32Array[] = []; // for each position the place where the tail ends
  for (let position = tails; position >= 1; position--) {
    const from = new Float64Array(places.length).fill(Number.POSITIVE_INFINITY);
    const until = new Int32Array(places.length);
    for (let v = 0; v < end; v++) {
      for (let u = v + 1; u <= end; u++) {
        if (rest[u] === Number.POSITIVE_INFINITY) continue;
        const cost = model.tail(places[u] - places[v], below[places[u]] - below[places[v]], position) + rest[u];
        if (cost < from[v]) {
          from[v] = cost;
          until[v] = u;
        }
      }
    }
    rest = from;
    next.unshift(until);
  }
  let cost = Number.POSITIVE_INFINITY;
  let place = end;
  rest.forEach((ofTails, v) => {
    const total = model.head(tails + places[v]) + ofTails;
    if (total < cost) [cost, place] = [total, v];
  });
  const cutoffs: number[] = [];
  for (const until of next) {
    cutoffs.push(places[place]);
    place = until[place];
  }
  return { cutoffs, cost };
}

/** Cost of an adaptive softmax, part by part. */
export interface AdaptiveSoftmaxCost {
  readonly head: number;
  readonly tails: number[];
  readonly total: number;
  /** Of a softmax over all classes. */
  readonly full: number;
}

/**
 * What an adaptive softmax costs by a model, whatever its cutoffs.
 *
 *     T = head(J + c_1) + Σ_i tail(c_{i+1} − c_i, p_i, i)
 *
 * Reach for it to compare cutoffs, or an adaptive softmax with a full one.
 *
 * @param counts - `[V]`, how often each class occurs, most frequent first
 * @param cutoffs - first class of each tail, ascending, in (0, V)
 * @param model - `computationTimeModel` or `operationCountModel`
 * @throws RangeError if a count is negative or not finite, above the one before, or none is above 0
 * @throws RangeError if `cutoffs` is not ascending in (0, V)
 * @source Grave et al., "Efficient Softmax Approximation for GPUs", ICML 2017, arXiv:1609.04309, section 4.1
 */
export function adaptiveSoftmaxCost(
  counts: ArrayLike<number>,
  cutoffs: readonly number[],
  model: ClusterCost,
): AdaptiveSoftmaxCost {
  const below = massBelow("adaptiveSoftmaxCost", counts);
  const classes = counts.length;
  checkCutoffs("adaptiveSoftmaxCost", cutoffs, classes);
  const head = model.head(cutoffs.length + (cutoffs[0] ?? classes));
  const tails = cutoffs.map((start, i) => {
    const end = cutoffs[i + 1] ?? classes;
    return model.tail(end - start, below[end] - below[start], i + 1);
  });
  return { head, tails, total: tails.reduceRight((sum, cost) => cost + sum, 0) + head, full: model.head(classes) };
}

/** `[V + 1]`, the share of labels below each class. */
function massBelow(caller: string, counts: ArrayLike<number>): Float64Array {
  const below = new Float64Array(counts.length + 1);
  for (let c = 0; c < counts.length; c++) {
    checkAtLeast(caller, { [`counts[${c}]`]: counts[c] }, 0);
    if (c > 0 && counts[c] > counts[c - 1]) {
      throw new RangeError(
        `${caller}: counts[${c}] is ${counts[c]} but must be at most the one before, ${counts[c - 1]}; frequencyOrder sorts them`,
      );
    }
    below[c + 1] = below[c] + counts[c];
  }
  const total = below[counts.length];
  if (!(total > 0 && total < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${caller}: counts has sum ${total} but must have a finite one above 0`);
  }
  return below.map((mass) => mass / total);
}
