import { cpu, grad, randomKey, relu, type Tensor, tensor } from "cotangent";
import { compSumAdversary, smoothAdversarialCompSumLoss } from "cotangent/methods/classification";
import { floats, ids, numbers, seeds } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { gpu, law } from "../../support/law.js";

const [rows, width, classes] = [2, 3, 4];
const inputs = floats([rows, width]);
const weights = floats([width, classes], { min: -1, max: 1 });
const labels = ids(rows, classes);
const radii = numbers({ min: 0.01, max: 2 });
const matrix = (values: Float64Array, columns: number) => tensor(values, { shape: [values.length / columns, columns] });

/** How much the differences to the label's score change under a linear model, from the change of the input. */
function changeOf(w: Float64Array, label: number, shift: ArrayLike<number>): number {
  let square = 0;
  for (let k = 0; k < classes; k++) {
    let change = 0;
    for (let j = 0; j < width; j++) change += (w[j * classes + label] - w[j * classes + k]) * shift[j];
    square += change ** 2;
  }
  return Math.sqrt(square);
}

/** A step from a change of the input up the slope of the squared change under a linear model, in plain numbers. */
function nextShift(
  w: Float64Array,
  label: number,
  shift: readonly number[],
  ball: "l2" | "linf",
  stepSize: number,
  radius: number,
): number[] {
  const slope = shift.map(() => 0);
  for (let k = 0; k < classes; k++) {
    const away = shift.map((_, j) => w[j * classes + label] - w[j * classes + k]);
    const change = away.reduce((sum, part, j) => sum + part * shift[j], 0);
    away.forEach((part, j) => {
      slope[j] += part * change;
    });
  }
  if (ball === "linf") {
    return shift.map((part, j) => Math.min(radius, Math.max(-radius, part + stepSize * Math.sign(slope[j]))));
  }
  const next = shift.map((part, j) => part + (stepSize * slope[j]) / (Math.hypot(...slope) || 1));
  const length = Math.hypot(...next);
  return length <= radius ? next : next.map((part) => (part * radius) / length);
}

describe("compSumAdversary", () => {
  law(
    "stays within its ball, and beats random points of a linear model's",
    inputs,
    weights,
    labels,
    radii,
    seeds,
    async (x, w, y, radius, seed) => {
      for (const ball of ["l2", "linf"] as const) {
        const options = { ball, steps: 20 };
        const found = compSumAdversary(
          (at) => at.matmul(matrix(w, classes)),
          matrix(x, width),
          tensor(y),
          radius,
          randomKey(seed),
          options,
        );
        const shifts = (await found.data()).map((value, i) => value - x[i]);
        for (let i = 0; i < rows; i++) {
          const shift = shifts.slice(i * width, (i + 1) * width);
          const length = ball === "l2" ? Math.hypot(...shift) : Math.max(...shift.map(Math.abs));
          expect(length).toBeLessThanOrEqual(radius * (1 + 1e-12));
          const gain = changeOf(w, y[i], shift);
          for (let tries = 0; tries < 5; tries++) {
            const other = Array.from({ length: width }, (_, j) => Math.sin(seed + 17 * i + 5 * tries + j));
            const size = ball === "l2" ? Math.hypot(...other) : Math.max(...other.map(Math.abs));
            const rival = changeOf(
              w,
              y[i],
              other.map((part) => (part * radius) / size),
            );
            // A corner of a cube may be a local maximum, and close singular values are slow to part.
            expect(gain).toBeGreaterThanOrEqual((ball === "l2" ? 0.95 : 0.5) * rival - 1e-9);
          }
        }
      }
    },
  );

  law(
    "goes up the slope step by step, each time back into its ball",
    inputs,
    weights,
    labels,
    radii,
    seeds,
    async (x, w, y, radius, seed) => {
      const score = (at: Tensor) => at.matmul(matrix(w, classes));
      for (const ball of ["l2", "linf"] as const) {
        const shiftsAfter = async (steps: number, stepSize: number) => {
          const options = { ball, steps, stepSize };
          const found = compSumAdversary(score, matrix(x, width), tensor(y), radius, randomKey(seed), options);
          return (await found.data()).map((value, i) => value - x[i]);
        };
        const stepSize = radius / 3;
        let shifts = await shiftsAfter(1, 0); // the start
        for (const steps of [1, 2]) {
          const expected = [0, 1].flatMap((i) =>
            nextShift(w, y[i], Array.from(shifts.slice(i * width, (i + 1) * width)), ball, stepSize, radius),
          );
          shifts = await shiftsAfter(steps, stepSize);
          await expectClose(shifts, expected, { tolerance: 1e-6 * radius }); // a slope near 0 has few digits
        }
      }
    },
  );

  it("goes where scores change, and stays where they do not", async () => {
    const [count, radius] = [20, 0.5];
    const w = matrix(Float64Array.of(1, -1), 2);
    const x = matrix(new Float64Array(count), 1) as Tensor;
    const found = (stepSize: number) =>
      compSumAdversary((at) => relu(at).matmul(w), x, tensor(new Int32Array(count)), radius, randomKey(4), {
        stepSize,
      });
    const starts = await found(0).data();
    expect(starts.some((start) => start > 0)).toBe(true);
    expect(starts.some((start) => start < 0)).toBe(true);
    await expectClose(
      found(0.1),
      starts.map((start) => (start > 0 ? radius : start)),
      { tolerance: 1e-15 },
    );
  });

  it("starts as often at the edge of a ball as within", async () => {
    const [count, wide, radius] = [200, 30, 0.5];
    const x = tensor(new Float64Array(count * wide), { shape: [count, wide] }) as Tensor;
    const start = compSumAdversary((at) => at, x, tensor(new Int32Array(count)), radius, randomKey(3), { stepSize: 0 });
    const values = await start.data();
    const lengths = Array.from({ length: count }, (_, i) => Math.hypot(...values.slice(i * wide, (i + 1) * wide)));
    const edge = lengths.filter((length) => length > radius * (1 - 1e-9)).length;
    expect(edge).toBeGreaterThan(count / 4); // five deviations below what is expected, 0.47 of them
    expect(edge).toBeLessThan((3 * count) / 4);
  });

  it("takes ten steps of a quarter of the radius in the Euclidean ball by default", async () => {
    const [x, y] = [tensor(Float64Array.of(1, 2, -1, 0.5), { shape: [2, 2] }) as Tensor, tensor(Int32Array.of(0, 1))];
    const score = (at: Tensor) => at.mul(at).mul(at);
    const found = (options?: Parameters<typeof compSumAdversary>[5]) =>
      compSumAdversary(score, x, y, 0.4, randomKey(5), options);
    await expectClose(found(), found({ ball: "l2", steps: 10, stepSize: (2.5 * 0.4) / 10 }), { tolerance: 0 });
    await expectClose(found({ steps: 3 }), found({ steps: 3, stepSize: (2.5 * 0.4) / 3 }), { tolerance: 0 });
  });

  law("is detached, and the input itself at radius 0", inputs, labels, seeds, async (x, y, seed) => {
    const score = (at: Tensor) =>
      at.matmul(tensor(new Float64Array(width * classes).fill(0.5), { shape: [width, classes] }));
    const at0 = compSumAdversary(score, matrix(x, width), tensor(y), 0, randomKey(seed));
    await expectClose(at0, x, { tolerance: 0 });
    const s = score(matrix(x, width));
    const price = (options: { nu: number }) => smoothAdversarialCompSumLoss(s, score(at0), tensor(y), options);
    await expectClose(price({ nu: 5 }), price({ nu: 0 }), { tolerance: 0 });
    const through = (from: Tensor) => compSumAdversary(score, from, tensor(y), 1, randomKey(seed), { steps: 2 }).sum();
    await expectClose(grad(through)(matrix(x, width)), new Float64Array(rows * width), { tolerance: 0 });
    const ofWeights = (w: Tensor) =>
      compSumAdversary((at) => at.matmul(w), matrix(x, width), tensor(y), 1, randomKey(seed), { steps: 2 }).sum();
    const w = Float64Array.from({ length: width * classes }, (_, i) => Math.sin(i));
    await expectClose(grad(ofWeights)(matrix(w, classes)), new Float64Array(width * classes), { tolerance: 0 });
  });

  it("is the same in single precision on every backend", async () => {
    const on = (place: { readonly backend?: ReturnType<typeof cpu> }) => {
      const w = tensor([1, -1, 0.5, 0.2, 0.4, -0.3], { ...place, shape: [2, 3] });
      const x = tensor([0.3, 0.1, -1, 2], { ...place, shape: [2, 2] });
      const start = randomKey(1, place);
      return compSumAdversary((at) => at.matmul(w), x, tensor(Int32Array.of(2, 0), place), 0.5, start, { steps: 3 });
    };
    // The finest numbers that a backend has decide what is drawn: on backends without f64 the start is another.
    const wasm = await on({}).data();
    expect([...wasm].every(Number.isFinite)).toBe(true);
    await expectClose(on({ backend: cpu() }), wasm, { tolerance: 1e-5 }); // single precision, through normalised slopes
    if (gpu !== undefined) {
      const single = Object.assign(cpu(), { dtypes: gpu.dtypes });
      await expectClose(on({ backend: gpu }), await on({ backend: single }).data(), { tolerance: 1e-4 }); // its sines err more
    }
  });

  it("names what is wrong", () => {
    const [x, y] = [tensor(Float64Array.of(1, 2), { shape: [1, 2] }), tensor(Int32Array.of(0))];
    const call =
      (radius: number, options?: Parameters<typeof compSumAdversary>[5], labels = y) =>
      () =>
        compSumAdversary((at) => at, x, labels, radius, randomKey(0), options);
    expect(call(-1)).toThrow("compSumAdversary: radius is -1 but must be a finite number ≥ 0");
    expect(call(1, { steps: 0 })).toThrow("compSumAdversary: steps is 0 but must be a whole number ≥ 1");
    expect(call(1, { stepSize: -1 })).toThrow("compSumAdversary: stepSize is -1 but must be a finite number ≥ 0");
    expect(call(1, { ball: "l1" as "l2" })).toThrow('compSumAdversary: ball is "l1" but must be one of l2, linf');
    expect(call(1, {}, tensor(Int32Array.of(0, 1)))).toThrow("compSumAdversary: labels has shape [2] but must be [1]");
    expect(() => compSumAdversary((at) => at, x.reshape([2]), y, 1, randomKey(0))).toThrow(
      "compSumAdversary: inputs has shape [2] but must have 2 axes",
    );
  });
});
