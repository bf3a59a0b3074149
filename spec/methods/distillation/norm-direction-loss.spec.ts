import { grad, type Tensor, tensor } from "cotangent";
import { normDirectionLoss } from "cotangent/methods/distillation";
import { checkGradient, floats, ids } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { matrix, rowsOf, sum, weighed } from "./support/logit-pairs.js";
import { teacherBeside } from "./support/teacher-beside.js";

const dot = (a: readonly number[], b: readonly number[]) => sum(a.map((x, k) => x * b[k]));
const length = (a: readonly number[]) => Math.sqrt(dot(a, a));
const unit = (a: readonly number[]) => a.map((x) => x / length(a));

interface Features {
  readonly student: Float64Array;
  readonly teacher: Float64Array;
  readonly means: Float64Array;
  readonly labels: Int32Array;
}

/** Two examples in R³ and three classes; features neither zero nor nearly as long as the teacher's. */
const features: fc.Arbitrary<Features> = fc
  .record({ student: floats([6]), teacher: floats([6]), means: floats([9]), labels: ids(2, 3) })
  .filter(({ student, teacher, means }) => {
    const [own, other] = [rowsOf(student, 3), rowsOf(teacher, 3)];
    return (
      [...own, ...other, ...rowsOf(means, 3)].every((row) => length(row) > 0.3) &&
      own.every((row, i) => Math.abs(length(row) - length(other[i])) > 0.05)
    );
  });
/** As long as the teacher's times a factor. */
const scaled = ({ student, teacher }: Features, factor: number) =>
  Float64Array.from(
    rowsOf(student, 3).flatMap((row, i) => unit(row).map((x) => x * factor * length(rowsOf(teacher, 3)[i]))),
  );
const loss = (student: Tensor, { teacher, means, labels }: Features, options = {}) =>
  normDirectionLoss(student, matrix(teacher, 3), matrix(means, 3), tensor(labels), options);

describe("normDirectionLoss", () => {
  law("is 1 − ⟨f, e_y⟩ / max(‖f‖, ‖f_t‖), reduced or not", features, async (all) => {
    const expected = rowsOf(all.student, 3).map((row, i) => {
      const e = unit(rowsOf(all.means, 3)[all.labels[i]]);
      return 1 - dot(row, e) / Math.max(length(row), length(rowsOf(all.teacher, 3)[i]));
    });
    const f = matrix(all.student, 3);
    await expectClose(loss(f, all), expected, { tolerance: 1e-13 });
    await expectClose(loss(f, all, { reduction: "sum" }), [sum(expected)], { tolerance: 1e-13 });
    await expectClose(loss(f, all, { reduction: "mean" }), [sum(expected) / 2], { tolerance: 1e-13 });
    for (const value of expected) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(2);
    }
  });

  law("has gradient −e_y / ‖f_t‖ where the feature is short", features, async (all) => {
    const expected = rowsOf(all.teacher, 3).flatMap((t, i) =>
      unit(rowsOf(all.means, 3)[all.labels[i]]).map((x) => -x / length(t)),
    );
    for (const factor of [0.1, 0.99]) {
      const slope = grad((f: Tensor) => loss(f, all).sum())(matrix(scaled(all, factor), 3));
      await expectClose(slope, expected, { tolerance: 1e-13 });
    }
  });

  law("has gradient −(e_y − cos f / ‖f‖) / ‖f‖, across f, where it is long", features, async (all) => {
    for (const factor of [1.01, 7]) {
      const rows = rowsOf(scaled(all, factor), 3);
      const expected = rows.flatMap((f, i) => {
        const e = unit(rowsOf(all.means, 3)[all.labels[i]]);
        return e.map((x, k) => -(x - (dot(f, e) / dot(f, f)) * f[k]) / length(f));
      });
      const slope = await grad((f: Tensor) => loss(f, all).sum())(matrix(scaled(all, factor), 3)).data();
      await expectClose(slope, expected, { tolerance: 1e-12 });
      rowsOf(slope, 3).forEach((row, i) => {
        expect(Math.abs(dot(row, rows[i]))).toBeLessThan(1e-12);
      });
    }
  });

  law("agrees with differences to second order, on both sides", features, async (all) => {
    await checkGradient((f: Tensor) => weighed(loss(f, all)), matrix(all.student, 3), { order: 2 });
  });

  law("is continuous where the lengths are equal, and takes the long side there", features, async (all) => {
    const [below, above] = [loss(matrix(scaled(all, 1 - 1e-9), 3), all), loss(matrix(scaled(all, 1 + 1e-9), 3), all)];
    await expectClose(below, above, { tolerance: 3e-9 }); // the step itself, times a slope below 1
    // One entry, so that equal lengths are equal to the last bit.
    const one = (x: number) => tensor(Float64Array.of(x, 0), { shape: [1, 2] }) as Tensor;
    const means = tensor(Float64Array.of(1, 1), { shape: [1, 2] }) as Tensor;
    const at = (f: Tensor) => normDirectionLoss(f, one(-3), means, tensor(Int32Array.of(0))).sum();
    const slope = await grad(at)(one(3)).data();
    expect(slope[0]).toBeCloseTo(0, 14);
  });

  law(
    "is one less the cosine where the feature is long, and on its right side where it is short",
    features,
    async (all) => {
      const direction = loss(matrix(all.student, 3), all, { form: "direction" });
      await expectClose(loss(matrix(scaled(all, 2), 3), all), direction, { tolerance: 1e-13 });
      const cosines = rowsOf(all.student, 3).map((f, i) => dot(unit(f), unit(rowsOf(all.means, 3)[all.labels[i]])));
      await expectClose(
        direction,
        cosines.map((c) => 1 - c),
        { tolerance: 1e-13 },
      );
      const short = await loss(matrix(scaled(all, 0.5), 3), all).data();
      cosines.forEach((cosine, i) => {
        if (cosine >= 0) expect(short[i]).toBeGreaterThanOrEqual(1 - cosine - 1e-13);
        else expect(short[i]).toBeLessThanOrEqual(1 - cosine + 1e-13);
      });
    },
  );

  law("is 0 for positive multiples of the mean that are long enough", features, async (all) => {
    const along = (factor: number) => {
      const rows = rowsOf(all.teacher, 3).flatMap((t, i) =>
        unit(rowsOf(all.means, 3)[all.labels[i]]).map((x) => x * factor * length(t)),
      );
      return loss(matrix(Float64Array.from(rows), 3), all);
    };
    await expectClose(along(1.5), [0, 0], { tolerance: 1e-14 });
    await expectClose(along(0.6), [0.4, 0.4], { tolerance: 1e-13 });
    await expectClose(along(-1.5), [2, 2], { tolerance: 1e-14 });
  });

  law("is blind to a rotation of everything", features, fc.integer({ min: 0, max: 6 }), async (all, angle) => {
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const turn = (values: Float64Array) =>
      Float64Array.from(rowsOf(values, 3).flatMap(([x, y, z]) => [c * x - s * y, s * x + c * y, z]));
    const turned = { ...all, teacher: turn(all.teacher), means: turn(all.means) };
    await expectClose(loss(matrix(turn(all.student), 3), turned), loss(matrix(all.student, 3), all), {
      tolerance: 1e-12,
    });
  });

  law("lets no gradient through to the teacher and the means", features, async (all) => {
    const of = (teacher: Tensor, means: Tensor) =>
      normDirectionLoss(matrix(all.student, 3), teacher, means, tensor(all.labels)).sum();
    await expectClose(grad((t: Tensor) => of(t, matrix(all.means, 3)))(matrix(all.teacher, 3)), new Float64Array(6), {
      tolerance: 0,
    });
    await expectClose(grad((m: Tensor) => of(matrix(all.teacher, 3), m))(matrix(all.means, 3)), new Float64Array(9), {
      tolerance: 0,
    });
  });

  law(
    "is less the length with form norm, of any size",
    features,
    fc.integer({ min: -300, max: 300 }),
    async (all, power) => {
      const big = all.student.map((x) => x * 2 ** power);
      const expected = rowsOf(all.student, 3).map((row) => -length(row) * 2 ** power);
      const values = await loss(matrix(big, 3), all, { form: "norm" }).data();
      await expectClose(
        values.map((value, i) => value / expected[i]),
        [1, 1],
        { tolerance: 1e-14 },
      );
      await checkGradient((f: Tensor) => weighed(loss(f, all, { form: "norm" })), matrix(all.student, 3), { order: 2 });
    },
  );

  it("is 1 with gradient 0 where both features are zero, and −e_y / ‖f_t‖ where the student's alone is", async () => {
    const zero = tensor(new Float64Array(2), { shape: [1, 2] }) as Tensor;
    const means = tensor(Float64Array.of(0, 4), { shape: [1, 2] }) as Tensor;
    const teacher = tensor(Float64Array.of(2, 0), { shape: [1, 2] }) as Tensor;
    const y = tensor(Int32Array.of(0));
    for (const form of ["both", "direction"] as const) {
      const of = (f: Tensor) => normDirectionLoss(f, zero, means, y, { form }).sum();
      await expectClose(of(zero), [1], { tolerance: 0 });
      await expectClose(grad(of)(zero), [0, 0], { tolerance: 0 });
    }
    await expectClose(grad((f: Tensor) => normDirectionLoss(f, teacher, means, y).sum())(zero), [0, -0.5], {
      tolerance: 0,
    });
    const norm = (f: Tensor) => normDirectionLoss(f, teacher, means, y, { form: "norm" }).sum();
    await expectClose(norm(zero), [0], { tolerance: 0 });
    await expectClose(grad(norm)(zero), [0, 0], { tolerance: 0 });
  });

  it("is the same on every backend", async () => {
    await expectAgreement((f, { numbers, labels }) =>
      normDirectionLoss(f, numbers(4, 6, 1), numbers(3, 6, 2), labels(4, 3)),
    );
  });

  it("names what is wrong", () => {
    const f = tensor([[1, 2]]);
    const y = tensor(Int32Array.of(0));
    const call = (...args: Parameters<typeof normDirectionLoss>) => expect(() => normDirectionLoss(...args));
    const name = "normDirectionLoss";
    call(f, f, f, y, { form: "length" as "norm" }).toThrow(
      `${name}: form is "length" but must be one of both, direction, norm`,
    );
    call(f, f, f, y, { reduction: "max" as "mean" }).toThrow(
      `${name}: reduction is "max" but must be one of none, mean, sum`,
    );
    call(tensor([1, 2]), f, f, y).toThrow(`${name}: features has shape [2] but must have 2 axes`);
    call(f, tensor([[1, 2, 3]]), f, y).toThrow(
      `${name}: teacherFeatures has shape [1, 3] but must have rows of 2, like features; map the student's features to the teacher's width first`,
    );
    call(f, f, tensor([[1]]), y).toThrow(
      `${name}: classMeans has shape [1, 1] but must have rows of 2, like features; map the student's features to the teacher's width first`,
    );
    call(
      f,
      tensor([
        [1, 2],
        [3, 4],
      ]),
      f,
      y,
    ).toThrow(`${name}: teacherFeatures has shape [2, 2] but must be [1, 2]`);
    call(f, f, f, tensor(Int32Array.of(1))).toThrow(`${name}: labels holds 1 at 0 but must be in [0, 1)`);
    call(f, f, f, tensor(Int32Array.of(0, 0))).toThrow(`${name}: labels has shape [2] but must be [1]`);
    call(tensor([[NaN, 1]]), f, f, y).toThrow(`${name}: features holds NaN at 0 but must hold finite numbers`);
    call(f, tensor([[1, Infinity]]), f, y).toThrow(
      `${name}: teacherFeatures holds Infinity at 1 but must hold finite numbers`,
    );
    call(
      f,
      f,
      tensor([
        [1, 2],
        [0, 0],
      ]),
      y,
    ).toThrow(`${name}: row 1 of classMeans is zero but must have a direction`);
    call(f, tensor(new Float64Array(2), { shape: [1, 2] }) as Tensor, f, y).toThrow(
      `${name}: teacherFeatures is f64 but must match features, f32; cast one of them`,
    );
  });
});

finiteAtExtremes(
  "normDirectionLoss",
  (x, { labels }) => normDirectionLoss(x, teacherBeside(x), teacherBeside(x).neg(), labels),
  { cancels: true },
);
