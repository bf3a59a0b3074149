import { checkCount, checkRank } from "../../autodiff/check.js";
import { equal, exp, full, type Key, log, type Shape, type Tensor, where } from "../../autodiff/index.js";
import { checkClassIds } from "../class-ids.js";
import { besideRows, shapeOf } from "./draw-shape.js";
import type { Sampler } from "./sampler.js";

/**
 * Draws again, up to so many rounds, where a draw hits its row's label.
 *
 *     q'_j = q_j · (1 + q_y + … + q_y^(rounds − 1))   for j ≠ y        q'_y = q_y^rounds
 *
 * These are exact: with one round it is the sampler itself, and `q_j / (1 − q_y)` is the limit. A hit that is left must
 * be masked; a sum over `j ≠ y` weighted by `1 / q'` is then unbiased for any number of rounds.
 *
 * Reach for it with a sampler that has no `without`.
 *
 * @param sampler - draws are independent and from q
 * @param labels - `[B]`, each in [0, classes)
 * @param rounds - a whole number ≥ 1
 * @returns a sampler whose draws and ids have a shape `[B, ...]`
 * @throws ShapeError if `labels` does not have one axis
 * @throws RangeError if `rounds` is no whole number ≥ 1, or a label on the host is no class
 * @source von Neumann, "Various Techniques Used in Connection with Random Digits", NBS 1951 (rejection); the chances
 * after a bounded number of rounds are ours
 */
export function rejectingSampler(sampler: Sampler, labels: Tensor<"i32">, rounds: number): Sampler {
  const { classes } = sampler;
  checkCount("rejectingSampler", { rounds }, 1);
  checkRank("rejectingSampler", { labels }, 1);
  checkClassIds("rejectingSampler", { labels }, classes);
  return {
    classes,
    draw: (key: Key, shape: number | Shape) => {
      const sizes = shapeOf("rejectingSampler", shape);
      const label = besideRows("rejectingSampler", labels, sizes);
      let ids = sampler.draw(key.at(0), sizes);
      for (let round = 1; round < rounds; round++) {
        ids = where(equal(ids, label), sampler.draw(key.at(round), sizes), ids);
      }
      return ids;
    },
    logProbability: (ids, like = { dtype: "f32" }) => {
      const label = besideRows("rejectingSampler", labels, ids.shape);
      const logHit = sampler.logProbability(label, like);
      const hit = exp(logHit);
      let tries = full(label.shape, 1, hit);
      for (let round = 1; round < rounds; round++) tries = tries.mul(hit).add(1); // a quotient would be 0/0 at q_y = 1
      const elsewhere = sampler.logProbability(ids, like).add(log(tries));
      return where(equal(ids, label), logHit.mul(rounds), elsewhere);
    },
  };
}
