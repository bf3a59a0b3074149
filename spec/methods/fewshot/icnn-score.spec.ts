import { grad, type Tensor, tensor } from "cotangent";
import { type IcnnScoreOptions, icnnLoss, icnnScore, type LabelledPoints } from "cotangent/methods/fewshot";
import { checkGradient, floats, ids, sfc32 } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { couples } from "../metric/support/at-extremes.js";
import { distance, labelled, matrix, type Point, rowsOf, sum } from "./support/labelled-points.js";

const TINY = 1e-7;

interface Plain {
  readonly rows: readonly Point[];
  readonly labels: ArrayLike<number>;
}

/** The score in plain numbers. */
function scoreOf(origin: Plain, target: Plain, { k: wanted = 4, inspected, drop }: IcnnScoreOptions): number {
  const m = target.rows.length;
  const isClipped = wanted + 2 >= m;
  const k = isClipped ? m - 2 : wanted;
  const all = origin.rows.map((o, i) => {
    const sorted = target.rows
      .map((t, j) => ({ j, d: distance(o, t), same: target.labels[j] === origin.labels[i] }))
      .filter(({ j }) => drop !== "own" || j !== i)
      .sort((a, b) => a.d - b.d || a.j - b.j);
    return sorted.slice(drop === "nearest" ? 1 : 0).slice(0, inspected ?? k + 1);
  });
  const [compact, apart, agree]: number[][] = [[], [], []];
  const largest = Math.max(...all.flatMap((row) => row.slice(0, k).map(({ d, same }) => (same ? 0 : d))));
  for (const row of all) {
    const other = row.find(({ same }) => !same)?.d;
    const first = row.slice(0, k);
    const ratios = first.map(({ d }) => (other === undefined ? 0 : d / (other + TINY)));
    const top = Math.max(1, ...ratios);
    const same = first.filter((one) => one.same).length;
    agree.push(same);
    if (same > 0) compact.push(sum(ratios.map((r, l) => (first[l].same ? r / top : 0))) / (same + TINY));
    if (same < k) apart.push(sum(first.map((one) => (one.same ? 0 : one.d / (largest + TINY)))) / (k - same));
  }
  const a = 1 - sum(compact) / (compact.length + TINY);
  const b = apart.length === 0 ? 1 : sum(apart) / apart.length;
  const gamma = isClipped ? 1 : sum(agree) / all.length / k;
  return ((a + b) / 2 + gamma) / 2;
}

const points = floats([16]).filter((x) => new Set(rowsOf(x, 2).map(String)).size === 8);
const labels = ids(8, 3);
const ks = fc.integer({ min: 1, max: 7 });

describe("icnnScore", () => {
  law("is its definition, of points among themselves", points, labels, ks, async (x, y, k) => {
    const of = labelled(rowsOf(x, 2), y);
    const plain = { rows: rowsOf(x, 2), labels: y };
    const widest = { k, inspected: 7 };
    for (const options of [{ k }, widest, { ...widest, drop: "nearest" as const }]) {
      await expectClose(icnnScore(of, of, options), [scoreOf(plain, plain, { drop: "own", ...options })]);
    }
    await expectClose(icnnScore(of), [scoreOf(plain, plain, { drop: "own" })]);
  });

  law(
    "is its definition, of points against others",
    points,
    floats([6]),
    labels,
    ids(3, 3),
    ks,
    async (x, o, y, z, k) => {
      const [origin, target] = [labelled(rowsOf(o, 2), z), labelled(rowsOf(x, 2), y)];
      const [a, b] = [
        { rows: rowsOf(o, 2), labels: z },
        { rows: rowsOf(x, 2), labels: y },
      ];
      await expectClose(icnnScore(origin, target, { k }), [scoreOf(a, b, { k, drop: "none" })]);
      await expectClose(icnnScore(origin, target, { k, drop: "nearest" }), [scoreOf(a, b, { k, drop: "nearest" })]);
      await expectClose(icnnLoss(origin, target, { k }), [-Math.log(scoreOf(a, b, { k, drop: "none" }))]);
    },
  );

  law("lies in (0, 1], in any order of points, and at any scale and place", points, labels, ks, async (x, y, k) => {
    const rows = rowsOf(x, 2);
    const score = async (of: readonly Point[], with_: ArrayLike<number>) =>
      icnnScore(labelled(of, with_), undefined, { k }).item();
    const value = await score(rows, y);
    expect(value).toBeGreaterThan(0);
    expect(value).toBeLessThanOrEqual(1);
    const order = [3, 7, 0, 5, 1, 6, 2, 4];
    const distances = rows.flatMap((a, i) => rows.slice(i + 1).map((b) => distance(a, b))).sort((a, b) => a - b);
    if (distances.some((d, i) => i > 0 && d - distances[i - 1] < 1e-4) || distances[0] < 0.1) return;
    expect(
      await score(
        order.map((i) => rows[i]),
        order.map((i) => y[i]),
      ),
    ).toBeCloseTo(value, 12);
    expect(
      Math.abs(
        (await score(
          rows.map((row) => row.map((v) => 7 * v + 3)),
          y,
        )) - value,
      ),
    ).toBeLessThan(1e-4); // 10⁻⁶ beside d² ≥ 0.01
  });

  it("is 1 for one class, and grows as clusters part", async () => {
    const random = sfc32(4);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const noise = Array.from({ length: 50 }, () => Array.from({ length: 5 }, () => 0.5 * normal()));
    const classes = noise.map((_, i) => i % 5);
    const scores: number[] = [];
    for (const scale of [0, 0.5, 1, 2, 5, 50]) {
      const rows = noise.map((row, i) => row.map((v, k) => v + (k === i % 5 ? scale : 0)));
      scores.push(await icnnScore(labelled(rows, classes)).item());
    }
    for (let i = 1; i < scores.length; i++) expect(scores[i]).toBeGreaterThan(scores[i - 1] - (i === 5 ? 1e-3 : 0));
    expect(scores[4]).toBeGreaterThanOrEqual(0.99);
    expect(scores[5]).toBeGreaterThanOrEqual(0.99);
    const one = labelled(
      noise,
      classes.map(() => 3),
    );
    await expectClose(icnnScore(one), [1]);
    await expectClose(
      grad((p: Tensor) => icnnLoss({ points: p, labels: one.labels }).sum())(one.points),
      new Float64Array(250),
    );
  });

  law("has a loss whose gradient agrees with differences away from ties", points, labels, async (x, y) => {
    const rows = rowsOf(x, 2);
    const near = rows.map((a, i) => rows.flatMap((b, j) => (i === j ? [] : [distance(a, b)])).sort((p, q) => p - q));
    const gap = Math.min(...near.flatMap((row) => row.map((d, i) => (i === 0 ? d : d - row[i - 1]))));
    // ties of ratios with 1, and of the largest distance of all, are kinks too
    const all = near.flat().sort((p, q) => p - q);
    if (gap < 0.01 || all.some((d, i) => i > 1 && d - all[i - 2] < 1e-3)) return;
    await checkGradient(
      (p: Tensor) => icnnLoss({ points: p, labels: tensor(y) }, undefined, { k: 3, inspected: 7 }),
      matrix(rows),
    );
  });

  it("is finite, value and gradient, where all points are equal, and takes the earlier of equals first", async () => {
    const same = labelled(
      Array.from({ length: 6 }, () => [1, 2]),
      [0, 1, 0, 1, 0, 1],
    );
    const plain = { rows: Array.from({ length: 6 }, () => [1, 2]), labels: [0, 1, 0, 1, 0, 1] };
    for (const drop of ["own", "nearest"] as const) {
      await expectClose(icnnScore(same, same, { k: 2, drop }), [scoreOf(plain, plain, { k: 2, drop })]);
    }
    const slope = await grad((p: Tensor) => icnnLoss({ points: p, labels: same.labels }))(same.points).data();
    expect(slope.every(Number.isFinite)).toBe(true);
  });

  it("agrees in single precision on every backend", async () => {
    await expectAgreement((backend) => {
      const x = tensor(
        Float32Array.from({ length: 20 }, (_, i) => Math.sin(5 * i * i)),
        { backend, shape: [10, 2] },
      ) as Tensor;
      const y = tensor(
        Int32Array.from({ length: 10 }, (_, i) => i % 3),
        { backend },
      );
      return grad((p: Tensor) => icnnLoss({ points: p, labels: y }))(x);
    });
  });

  it.each([
    ["icnnScore", icnnScore],
    ["icnnLoss", icnnLoss],
  ] as const)("%s says what is wrong with its input", (name, f) => {
    const five = labelled([[1], [2], [3], [4], [5]], [0, 1, 0, 1, 0]);
    const three: LabelledPoints = labelled([[1], [2], [3]], [0, 1, 0]);
    expect(() => f(three)).toThrow(`${name}: target.points has shape [3, 1] but must have at least 4 rows`);
    expect(() => f({ ...five, labels: three.labels })).toThrow(`${name}: origin.labels has shape [3] but must be [5]`);
    expect(() => f(five, five, { k: 0 })).toThrow(`${name}: k is 0 but must be a whole number ≥ 1`);
    expect(() => f(five, five, { k: 2, inspected: 1 })).toThrow(
      `${name}: inspected is 1 but must be a whole number in [2, 4]`,
    );
    expect(() => f(five, five, { k: 2, inspected: 5 })).toThrow(
      `${name}: inspected is 5 but must be a whole number in [2, 4]`,
    );
    expect(() => f(three, five, { k: 2, inspected: 6 })).toThrow(
      `${name}: inspected is 6 but must be a whole number in [2, 5]`,
    );
    expect(() => f(three, five, { drop: "own" })).toThrow(
      `${name}: drop is "own" but must be "nearest" or "none" for points that are not the targets`,
    );
    expect(() => f(five, five, { drop: "all" as "own" })).toThrow(
      `${name}: drop is "all" but must be one of own, nearest, none`,
    );
    expect(() => f(labelled([[1, 2]], [0]), five)).toThrow(
      `${name}: target.points has shape [5, 1] but must be [any, 2]`,
    );
    expect(() => f(labelled([[1], [2], [3], [Number.NaN]], [0, 1, 0, 1]))).toThrow(
      `${name}: origin.points holds NaN at 3 but must hold finite numbers`,
    );
  });
});

finiteAtExtremes("icnnLoss", (x, at) => icnnLoss({ points: x.div(8), labels: couples(at) }), { cancels: true });
