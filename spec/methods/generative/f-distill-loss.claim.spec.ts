import {
  compile,
  evaluate,
  grad,
  minimum,
  normal,
  randomKey,
  read,
  sqrt,
  square,
  type Tensor,
  tensor,
} from "cotangent";
import { type FDivergenceName, fDistillGradient, normalizeFWeights } from "cotangent/methods/generative";
import { describe, expect, it } from "vitest";
import { tellClaim } from "../../support/claims.js";
import { studentSamples, teacherScore } from "./support/two-mode-teacher.js";

const names = [
  "reverseKl",
  "softenedReverseKl",
  "forwardKl",
  "jensenShannon",
  "squaredHellinger",
  "jeffreys",
  "neyman",
] as const;
const long = process.env.COTANGENT_LONG === "1";
const [samples, steps, rate] = [1024, long ? 4000 : 3000, 0.02];
const batches = long ? 1000 : 300;
const scalar = (x: number) => tensor(Float64Array.of(x)).sum() as Tensor;

type Student = { readonly mean: Tensor; readonly logDeviation: Tensor };

/** The gradient by the student's parameters, from samples; with exact weights, or clipped ones of mean 1. */
function slopeOf(divergence: FDivergenceName, student: Student, z: Tensor, isNormalized = false): Student {
  return grad(({ mean, logDeviation }: Student) => {
    const { x, ratio, score } = studentSamples(mean, logDeviation, z);
    const [teacher, own] = [teacherScore(x), score].map((s) => s.reshape([z.size, 1]));
    const g = isNormalized
      ? fDistillGradient(ratio, teacher, own, "reverseKl")
          .reshape([z.size])
          .mul(normalizeFWeights(ratio, divergence).weights)
      : fDistillGradient(ratio, teacher, own, divergence, { exact: true }).reshape([z.size]);
    return g.mul(x).mean();
  })(student);
}

function descended(student: Student, slope: Student): Student {
  const length = sqrt(square(slope.mean).add(square(slope.logDeviation)));
  const factor = minimum(1, length.mul(0).add(5).div(length)).mul(rate); // no step is longer than 5 times the rate
  return {
    mean: student.mean.sub(slope.mean.mul(factor)),
    logDeviation: student.logDeviation.sub(slope.logDeviation.mul(factor)),
  };
}

type Ends = Readonly<Record<FDivergenceName, { readonly mean: number; readonly deviation: number }>>;

/** Where each student ends that starts at N(1, 1). */
async function ends(isNormalized: boolean): Promise<Ends> {
  const step = compile(
    (students: Record<FDivergenceName, Student>, z: Tensor) =>
      Object.fromEntries(
        names.map((of) => [of, descended(students[of], slopeOf(of, students[of], z, isNormalized))]),
      ) as Record<FDivergenceName, Student>,
    { donate: [0] },
  );
  const key = randomKey(11);
  let students = evaluate(
    Object.fromEntries(names.map((of) => [of, { mean: scalar(1), logDeviation: scalar(0) }])) as Record<
      FDivergenceName,
      Student
    >,
  );
  for (let i = 0; i < steps; i++) {
    const z = evaluate(normal(key.at(i), [samples], { dtype: "f64" }));
    students = step(students, z);
    z.dispose();
  }
  const values = await read(students);
  return Object.fromEntries(
    names.map((of) => [of, { mean: values[of].mean[0], deviation: Math.exp(values[of].logDeviation[0]) }]),
  ) as unknown as Ends;
}

/** Total variance of the gradient by μ and log s, over batches of 256. */
async function variance(divergence: FDivergenceName, mean: number, deviation: number): Promise<number> {
  const slope = compile((z: Tensor) =>
    slopeOf(divergence, { mean: scalar(mean), logDeviation: scalar(Math.log(deviation)) }, z),
  );
  const pairs: number[][] = [];
  for (let i = 0; i < batches; i++) {
    const got = await read(slope(normal(randomKey(3).at(i), [256], { dtype: "f64" })));
    pairs.push([got.mean[0], got.logDeviation[0]]);
  }
  return [0, 1]
    .map((k) => {
      const average = pairs.reduce((a, pair) => a + pair[k], 0) / pairs.length;
      return pairs.reduce((a, pair) => a + (pair[k] - average) ** 2, 0) / pairs.length;
    })
    .reduce((a, b) => a + b, 0);
}

const covers = ({ mean }: { readonly mean: number }) => Math.abs(mean) < 0.1;
const collapses = ({ mean, deviation }: { readonly mean: number; readonly deviation: number }) =>
  Math.abs(mean) > 1.9 && deviation < 0.7;
const show = (of: Ends, which: readonly FDivergenceName[]) =>
  which.map((name) => `${name} N(${of[name].mean.toFixed(2)}, ${of[name].deviation.toFixed(2)}²)`).join(", ");

describe("fDistillLoss's divergences on a teacher of two modes", () => {
  it.each(long ? [false, true] : [false])(
    "cover or collapse by their weights (normalized: %s)",
    async (isNormalized) => {
      const end = await ends(isNormalized);
      const covering = ["forwardKl", "jensenShannon", "squaredHellinger", "jeffreys"] as const;
      const seeking = ["reverseKl", "softenedReverseKl", "neyman"] as const;
      const seen = covering.every((of) => covers(end[of])) && seeking.every((of) => collapses(end[of]));
      tellClaim({
        method: "fDistillLoss",
        claim:
          "divergences whose weight rises with the density ratio cover the teacher's modes, the others collapse on one",
        run: `a normal student from N(1, 1) against ½N(−2, ½²) + ½N(2, ½²), ${steps} steps of ${samples} samples, ${isNormalized ? "clipped ratios and weights of mean 1" : "exact ratios and weights"}`,
        figure: `${show(end, covering)}; ${show(end, seeking)}`,
        seen,
      });
      for (const of of ["reverseKl", "softenedReverseKl"] as const) expect(collapses(end[of])).toBe(true);
      for (const of of ["forwardKl", "jensenShannon", "squaredHellinger"] as const) expect(covers(end[of])).toBe(true);
      expect(end.reverseKl.deviation).toBeLessThan(end.jensenShannon.deviation);
      expect(end.jensenShannon.deviation).toBeLessThanOrEqual(end.forwardKl.deviation + 0.05);
    },
    600_000,
  );

  it("have gradients whose variance a bounded weight keeps low", async () => {
    const [far, near] = [
      [await variance("jensenShannon", 1, 1), await variance("forwardKl", 1, 1)],
      [await variance("jensenShannon", 0, 2), await variance("forwardKl", 0, 2)],
    ];
    tellClaim({
      method: "fDistillLoss",
      claim: "the gradient of the Jensen–Shannon divergence varies less than the forward KL's",
      run: `${batches} batches of 256 samples at N(1, 1) and N(0, 2²), the same teacher`,
      figure: `variance ${far[0].toFixed(3)} against ${far[1].toFixed(1)}, and ${near[0].toFixed(3)} against ${near[1].toFixed(3)}`,
      seen: far[0] < far[1] && near[0] < near[1],
    });
    expect(far[0]).toBeLessThan(far[1]);
    expect(near[0]).toBeLessThan(near[1]);
  }, 600_000);
});
