// Measures one case: everybody prepares and computes it, the results are held against each other, and those that are
// right are timed in turn, so that a slow moment of the machine falls on all alike.
import { TooSlow } from "./contender.mjs";
import { median, quartiles } from "./statistics.mjs";

const preparing = 120_000;
const warmUp = 500; // milliseconds: what V8 takes to optimize a tiny operation

/**
 * @param {readonly import("./contender.mjs").Contender[]} contenders
 * @param {{ rounds: number, span: number, limit: number, seed: number, together?: boolean }} options `span`:
 * milliseconds that a timing should last at least; `limit`: milliseconds that one computation may last; `together`:
 * whether computations are asked for without waiting for those before
 * @returns {Promise<Map<string, { why: string } | { low, median, high, error? }>>} by name: the quartiles of the times in
 * milliseconds, or why there are none
 */
export async function measure(
  { work, size, tolerance, exact },
  contenders,
  { rounds, span, limit, seed, together = false },
) {
  const outcomes = new Map();
  const drop = (contender, error) => {
    const why = error instanceof TooSlow ? `takes more than ${limit / 1000} s` : error.message;
    outcomes.set(contender.name, { why });
  };
  let running = [];

  const results = new Map();
  for (const contender of contenders) {
    try {
      await contender.ask({ do: "prepare", work, size, seed }, preparing);
      const { result } = await contender.ask({ do: "result" }, 2 * limit + 10_000); // with the time to compare it
      results.set(contender, result);
      running.push(contender);
    } catch (error) {
      drop(contender, error);
    }
  }
  for (const contender of wrong(results, tolerance)) {
    drop(contender, new Error("wrong"));
    running = running.filter((other) => other !== contender);
  }

  const times = new Map();
  for (const contender of running) {
    try {
      times.set(contender, await timesWithin(contender, { span, limit, together }));
    } catch (error) {
      drop(contender, error);
    }
  }
  running = running.filter((contender) => times.has(contender));

  const samples = new Map(running.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round++) {
    const turn = round % Math.max(1, running.length);
    for (const contender of [...running.slice(turn), ...running.slice(0, turn)]) {
      const count = times.get(contender);
      try {
        const { ms } = await contender.ask({ do: "time", times: count, together }, limit + 100 * span);
        samples.get(contender).push(ms / count);
      } catch (error) {
        drop(contender, error);
        running = running.filter((other) => other !== contender);
      }
    }
  }
  for (const contender of running) {
    const error = exact === undefined ? {} : { error: relativeError(results.get(contender), exact) };
    outcomes.set(contender.name, { ...quartiles(samples.get(contender)), ...error });
  }
  for (const contender of contenders) await contender.ask({ do: "release" }, preparing).catch(() => contender.stop());
  return outcomes;
}

/** How often to compute it so that a timing lasts `span`, as it goes once the engine is warm. */
async function timesWithin(contender, { span, limit, together }) {
  let times = 1;
  for (let warm = 0; ; ) {
    const { ms } = await contender.ask({ do: "time", times, together }, limit + 100 * span);
    if (ms > limit * times) throw new TooSlow();
    warm += ms;
    times = Math.max(1, Math.ceil((times * span) / Math.max(ms, span / 20)));
    if (warm >= warmUp) return times;
  }
}

/** Those whose result differs from the median of all, which is wrong only if half of them are, and alike. */
function wrong(results, tolerance) {
  const all = [...results].filter(([, result]) => Object.keys(result).length > 0);
  if (all.length === 0) return [];
  const [[, first]] = all;
  const differs = ([, result]) =>
    Object.keys(first).some((part) => {
      const middle = first[part].map((_, i) => median(all.map(([, other]) => other[part]?.[i] ?? Number.NaN)));
      const [norm] = middle;
      return middle.some((value, i) => !(Math.abs((result[part]?.[i] ?? Number.NaN) - value) <= tolerance * norm));
    });
  return all.filter(differs).map(([contender]) => contender);
}

/** Of a single positive number: its norm is the number itself. */
const relativeError = ({ value: [norm] }, exact) => Math.abs(norm - exact) / exact;
