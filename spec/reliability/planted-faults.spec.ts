import { cpu, customVjp, grad, hvp, randomKey, stopGradient, type Tensor, tensor } from "cotangent";
import { aliasSampler } from "cotangent/methods/sampling";
import { checkGradient, checkSampler, sfc32 } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { mergeClasses } from "../../src/testing/merge-classes.js";
import { divergence, drawerOf, laws, tilted } from "./support/planted-draws.js";
import { type Point, randomSmooth } from "./support/planted-functions.js";
import { record, sized, stopwatch } from "./support/planted-record.js";

const timeout = 1_200_000;

/** The draws, or pairs, after which the doc comment says that a law that diverges so much is found. */
function drawsToFind(kl: number, cells: number): number {
  let draws = 1;
  for (let i = 0; i < 100; i++) draws = (Math.log(3e9) + ((cells - 1) / 2) * Math.log1p(draws / cells)) / kl;
  return Math.ceil(draws);
}

/** The law of the cells that classes are merged into. */
function merged(law: Float64Array, of: Float64Array, cells: number, seed: number): Float64Array {
  const { cellOf, probabilities } = mergeClasses(of, cells, seed);
  const sums = new Float64Array(probabilities.length);
  law.forEach((chance, j) => {
    sums[cellOf[j]] += chance;
  });
  return sums;
}

const refuses = (sample: Parameters<typeof checkSampler>[0]): boolean => {
  try {
    checkSampler(sample);
    return false;
  } catch (error) {
    expect((error as Error).message).toMatch(/^checkSampler: the log e-value of draws is/);
    return true;
  }
};

describe("checkSampler", () => {
  const wrong = Object.entries(laws).flatMap(([name, law]) => [0.3, 0.1].map((by) => [name, by, law] as const));

  it.each(wrong)(
    "finds %s that is tilted by %f: mostly in twice the stated draws, always in three times as many",
    (name, by, law) => {
      const [runs, time] = [sized(10, 200), stopwatch()];
      const real = tilted(law, by);
      const next = drawerOf(real);
      let [atOnce, inTwice, most] = [0, 0, 0];
      for (let seed = 0; seed < runs; seed++) {
        const [p, q] = [merged(real, law, 64, seed), merged(law, law, 64, seed)];
        const stated = drawsToFind(divergence(p, q), q.length);
        const uniform = sfc32(seed);
        const draws = Int32Array.from({ length: 3 * stated }, () => next(uniform));
        const isFoundIn = (times: number) =>
          refuses({ draws: draws.subarray(0, times * stated), probabilities: law, seed });
        if (isFoundIn(1)) atOnce++;
        if (isFoundIn(2)) inTwice++;
        expect(isFoundIn(3)).toBe(true);
        most = Math.max(most, stated);
      }
      record(`checkSampler, ${name} tilted by ${by}`, {
        stated: most,
        "caught in as many": `${atOnce}/${runs}`,
        "in twice": `${inTwice}/${runs}`,
        "in thrice": `${runs}/${runs}`,
        time: time(),
      });
      expect(inTwice).toBeGreaterThanOrEqual(0.95 * runs);
    },
    timeout,
  );

  it.each([0.3, 0.15])(
    "finds a sampler that repeats itself with chance %f within three times the stated draws",
    (repeats) => {
      for (const name of ["a skewed law of 3", "Zipf's law of 10", "Zipf's law of 1000"]) {
        const [runs, time, law] = [sized(10, 200), stopwatch(), laws[name]];
        const next = drawerOf(law);
        let [caught, most] = [0, 0];
        for (let seed = 0; seed < runs; seed++) {
          const q = merged(law, law, 8, seed);
          const pairs = Float64Array.from(
            { length: q.length ** 2 },
            (_, i) => q[Math.floor(i / q.length)] * q[i % q.length],
          );
          const real = pairs.map((chance, i) => {
            const [a, b] = [Math.floor(i / q.length), i % q.length];
            return (1 - repeats) * chance + (a === b ? repeats * q[a] : 0);
          });
          const stated = 2 * drawsToFind(divergence(real, pairs), pairs.length); // two draws a pair
          const uniform = sfc32(seed);
          const draws = new Int32Array(3 * stated);
          draws.forEach((_, i) => {
            draws[i] = i > 0 && uniform() < repeats ? draws[i - 1] : next(uniform);
          });
          if (refuses({ draws, probabilities: law, seed })) caught++;
          most = Math.max(most, draws.length);
        }
        record(`checkSampler, ${name} that repeats itself with chance ${repeats}`, {
          caught: `${caught}/${runs}`,
          within: most,
          time: time(),
        });
        expect(caught).toBe(runs);
      }
    },
    timeout,
  );

  it("finds a class that is left out, once it should have come often enough", () => {
    const [runs, law] = [sized(10, 200), laws["Zipf's law of 10"]];
    const real = law.with(9, 0).map((chance) => chance / (1 - law[9]));
    const next = drawerOf(real);
    const stated = drawsToFind(divergence(real, law), 10);
    for (let seed = 0; seed < runs; seed++) {
      const uniform = sfc32(seed);
      const draws = Int32Array.from({ length: 3 * stated }, () => next(uniform));
      expect(refuses({ draws, probabilities: law, seed })).toBe(true);
    }
    record("checkSampler, a class of 3.4 % left out", { caught: `${runs}/${runs}`, within: 3 * stated });
  });

  it("refuses a draw from outside the support at once, wherever it stands", () => {
    for (let place = 0; place < 50; place++) {
      const draws = new Int32Array(50);
      draws[place] = 2;
      expect(() => checkSampler({ draws, probabilities: [0.5, 0.5, 0] })).toThrow(
        new Error(`checkSampler: draws[${place}] is 2, which has probability 0, but must be a possible class`),
      );
    }
  });

  it("refuses a log-probability that is off by 1e-6, or by 2e-12, in one class, as soon as that is drawn", async () => {
    const [runs, law, backend] = [sized(10, 200), laws["Zipf's law of 10"], cpu()];
    const honest = aliasSampler({ probabilities: law });
    for (let seed = 0; seed < runs; seed++) {
      const drawn = honest.draw(randomKey(seed, { backend }), 200);
      const draws = (await drawn.data()) as Int32Array;
      const first = draws.indexOf(9);
      for (const size of [1e-6, -1e-6, 2e-12, 0]) {
        const reported = Float64Array.from(await honest.logProbability(drawn, { dtype: "f64" }).data());
        const logProbabilities = reported.map((logQ, i) => (draws[i] === 9 ? logQ + size : logQ));
        const check = () => checkSampler({ draws, probabilities: law, logProbabilities, seed });
        if (size === 0 || first < 0) expect(check).not.toThrow();
        else
          expect(check).toThrow(`checkSampler: logProbabilities[${first}] is ${logProbabilities[first]} but must be `);
      }
    }
  });
});

/** The verdict on a gradient: what an error says it is, and `right` where there is none. */
async function verdict(f: (x: Point) => Tensor, x: Point, order: 1 | 2, seed: number): Promise<string> {
  try {
    await checkGradient(f, x, { order, seed });
    return "right";
  } catch (error) {
    const { message } = error as Error;
    for (const known of [
      "the gradient is wrong",
      "the Hessian is wrong",
      "forward and reverse mode differ",
      "⟨a, H·b⟩ and ⟨b, H·a⟩ differ",
      "cannot be judged",
    ]) {
      if (message.includes(known)) return known;
    }
    throw error;
  }
}

/** The slopes that a spoiled rule gives, from the right ones; all is linear in the cotangent but where it is not to be. */
type Spoil = (slopes: Point, size: number, place: number, cotangent: Tensor) => Point;

const every = ({ a, b, v }: Point, change: (slope: Tensor) => Tensor): Point => ({
  a: change(a),
  b: change(b),
  v: change(v),
});

/** A change of one element of the slope of `a`. */
const one = (slopes: Point, place: number, factor: number, of: (slope: Tensor) => Tensor = (slope) => slope): Point => {
  const mask = new Float64Array(slopes.a.size);
  mask[place] = factor;
  return {
    ...slopes,
    a: slopes.a.add(of(slopes.a).mul(tensor(mask, { backend: slopes.a.backend, shape: slopes.a.shape }))),
  };
};

/** 0, with the derivative of the slope. */
const onlyDerivative = (slope: Tensor) => slope.sub(stopGradient(slope));

/** The same function with its rule spoiled. */
const spoiled = (f: (x: Point) => Tensor, size: number, place: number, spoil: Spoil) => (x: Point) => {
  const inner = customVjp(
    (a: Tensor, b: Tensor, v: Tensor) => f({ a, b, v }),
    (cotangent, _, a, b, v) => {
      const slopes = spoil(grad((at: Point) => f(at))({ a, b, v }), size, place, cotangent);
      return [slopes.a.mul(cotangent), slopes.b.mul(cotangent), slopes.v.mul(cotangent)];
    },
  );
  return inner(x.a, x.b, x.v);
};

interface Fault {
  readonly name: string;
  readonly order: 1 | 2;
  readonly spoil: Spoil;
  /** What the message says. */
  readonly found: readonly string[];
}

const faults: readonly Fault[] = [
  {
    name: "one component of the gradient is scaled",
    order: 1,
    spoil: (slopes, size, place) => one(slopes, place, size),
    found: ["the gradient is wrong"],
  },
  {
    name: "the whole gradient is scaled",
    order: 1,
    spoil: (slopes, size) => every(slopes, (slope) => slope.mul(1 + size)),
    found: ["the gradient is wrong"],
  },
  {
    name: "jvp is no transpose of vjp",
    order: 1,
    spoil: (slopes, size, _, cotangent) => every(slopes, (slope) => slope.mul(cotangent.sub(1).mul(size).add(1))),
    found: ["forward and reverse mode differ"],
  },
  {
    name: "the Hessian is scaled",
    order: 2,
    spoil: (slopes, size) => every(slopes, (slope) => slope.add(onlyDerivative(slope).mul(size))),
    found: ["the Hessian is wrong"],
  },
  {
    name: "one row of the Hessian is scaled, not its column",
    order: 2,
    spoil: (slopes, size, place) => one(slopes, place, size, onlyDerivative),
    found: ["⟨a, H·b⟩ and ⟨b, H·a⟩ differ", "the Hessian is wrong"],
  },
];

/** The largest element of the part of a gradient, or of H·1, that belongs to `a`; undefined where little depends on it. */
async function weightiest(f: (x: Point) => Tensor, x: Point, order: 1 | 2): Promise<number | undefined> {
  const ones = every(x, (part) => part.mul(0).add(1));
  const slopes = order === 1 ? grad(f)(x) : hvp(f, x, ones);
  const [a, b, v] = await Promise.all([slopes.a.data(), slopes.b.data(), slopes.v.data()]);
  const sizes = Array.from(a, Math.abs);
  const most = Math.max(...sizes);
  const isWeighty = most > 1e-2 && most >= 0.1 * Math.max(...Array.from(b, Math.abs), ...Array.from(v, Math.abs));
  return isWeighty ? sizes.indexOf(most) : undefined;
}

async function hunt({ order, spoil }: Fault, size: number, runs: number): Promise<Map<string, number>> {
  const [uniform, backend, said] = [sfc32(31), cpu(), new Map<string, number>()];
  for (let run = 0; run < runs; ) {
    const { f, x } = randomSmooth(uniform, backend);
    const place = await weightiest(f, x, order);
    if (place === undefined) continue;
    const found = await verdict(spoiled(f, size, place, spoil), x, order, run++);
    said.set(found, (said.get(found) ?? 0) + 1);
  }
  return said;
}

describe("checkGradient", () => {
  it.each(faults.map((fault) => [fault.name, fault] as const))(
    "catches it in every random function where %s by 1e-4 or 1e-5",
    async (_, fault) => {
      for (const size of [1e-4, 1e-5]) {
        const [runs, time] = [sized(3, 200), stopwatch()];
        const said = await hunt(fault, size, runs);
        record(`checkGradient, ${fault.name} by ${size}`, { runs, ...Object.fromEntries(said), time: time() });
        const unjudged = said.get("cannot be judged") ?? 0;
        expect(fault.found.reduce((caught, message) => caught + (said.get(message) ?? 0), unjudged)).toBe(runs);
        expect(unjudged).toBeLessThan(1 + 0.02 * runs);
      }
    },
    timeout,
  );

  it(
    "catches it in every random function where an argument is detached",
    async () => {
      const [runs, time, uniform, backend] = [sized(5, 300), stopwatch(), sfc32(32), cpu()];
      for (let run = 0; run < runs; ) {
        const { f, x } = randomSmooth(uniform, backend);
        if ((await weightiest(f, x, 1)) === undefined) continue;
        expect(await verdict((at) => f({ ...at, a: stopGradient(at.a) }), x, 1, run++)).toBe("the gradient is wrong");
      }
      record("checkGradient, an argument is detached", { caught: `${runs}/${runs}`, time: time() });
    },
    timeout,
  );
});
