import { hyperbolicMargin, hyperbolicPerceptron } from "cotangent/methods/metric";
import { numbers, seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { lorentzPoints, normals, pointAt, product, signedDistance } from "./support/lorentz-points.js";
import { separablePlane } from "./support/separable-plane.js";

const margins = numbers({ min: 0.02, max: 0.5 });
const squared = (x: ArrayLike<number>) => Array.from(x).reduce((sum, value) => sum + value * value, 0);

describe("hyperbolicPerceptron, ambient", () => {
  law(
    "separates, with a space-like normal, within its bound for every separator",
    seeds,
    margins,
    normals,
    (seed, margin, nearby) => {
      const data = separablePlane(seed, { count: 30, margin });
      const found = hyperbolicPerceptron(data);
      expect(found.separates).toBe(true);
      expect(product(found.normal, found.normal)).toBeLessThan(0);
      expect(hyperbolicMargin(found.normal, data)).toBeGreaterThan(0);
      const tilted = data.normal.map((value, i) => value + 0.02 * nearby[i]);
      for (const w of [data.normal, tilted, found.normal]) {
        const gamma = hyperbolicMargin(w, data);
        if (gamma <= 0) continue;
        const length = squared(w) / -product(w, w);
        const bound = (Math.max(...data.points.map(squared)) * length) / Math.sinh(gamma) ** 2;
        expect(found.mistakes).toBeLessThanOrEqual(bound);
      }
    },
  );

  law(
    "is the perceptron of Rosenblatt on the coordinates",
    lorentzPoints(5),
    fc.array(fc.constantFrom(-1, 1), { minLength: 5, maxLength: 5 }),
    (points, labels) => {
      if (labels.every((label) => label === labels[0])) return;
      const v = new Float64Array(3);
      let mistakes = 0;
      for (let pass = 0; pass < 7; pass++) {
        points.forEach((x, i) => {
          if (labels[i] * (v[0] * x[0] + v[1] * x[1] + v[2] * x[2]) > 0) return;
          mistakes++;
          for (let j = 0; j < 3; j++) v[j] += labels[i] * x[j];
        });
      }
      const found = hyperbolicPerceptron({ points, labels }, { maxPasses: 7 });
      expect(found.mistakes).toBe(mistakes);
      expect([...found.normal]).toEqual([v[0], -v[1], -v[2]]);
      expect(found.separates).toBe(
        found.passes < 7 || points.every((x, i) => labels[i] * product(found.normal, x) > 0),
      );
    },
  );

  law("does not care for the names of the classes", seeds, (seed) => {
    const { points, labels } = separablePlane(seed, { count: 20 });
    const [a, b] = [
      hyperbolicPerceptron({ points, labels }),
      hyperbolicPerceptron({ points, labels: labels.map((y) => -y) }),
    ];
    expect(b.mistakes).toBeLessThanOrEqual(a.mistakes + 1);
    expect(Array.from(b.normal, (value) => -value + 0)).toEqual([...a.normal]);
  });

  it("counts passes, the clean one too", () => {
    const data = { points: [pointAt(1, [-1, 0]), pointAt(1, [1, 0])], labels: [1, -1] };
    const found = hyperbolicPerceptron(data);
    expect(found).toMatchObject({ mistakes: 2, passes: 2, separates: true });
    expect(Array.from(found.normal, (value) => value + 0)).toEqual([0, 2 * Math.sinh(1), 0]); // −0 + 0 is 0
    expect(hyperbolicPerceptron(data, { maxPasses: 1 })).toMatchObject({ passes: 1, separates: false });
  });

  it("takes one dimension, duplicates, the origin and coordinates up to cosh(15)", () => {
    const far = [Math.cosh(15), Math.sinh(15)];
    const data = { points: [[1, 0], far, far, [Math.cosh(3), -Math.sinh(3)]], labels: [1, -1, -1, 1] };
    const { normal, separates } = hyperbolicPerceptron(data);
    expect(separates).toBe(true);
    expect(hyperbolicMargin(normal, data)).toBeGreaterThan(0);
  });
});

describe("hyperbolicPerceptron, Lorentz", () => {
  law("does the update of the preprint, whose length never vanishes but by v * v = 0", seeds, (seed) => {
    const data = separablePlane(seed, { count: 20 });
    let w = Float64Array.of(0, 1, 0);
    let mistakes = 0;
    for (let pass = 0; pass < 5; pass++) {
      data.points.forEach((x, i) => {
        if (data.labels[i] * product(w, x) > 0) return;
        mistakes++;
        const v = w.map((value, j) => value + data.labels[i] * x[j]);
        const length = -product(v, v);
        expect(length).toBeGreaterThanOrEqual(0);
        expect(length).toBeGreaterThanOrEqual(-product(w, w) - 1 - 1e-9 * v[0] ** 2);
        w = v.map((value) => value / Math.min(1, Math.sqrt(length)));
        expect(-product(w, w)).toBeGreaterThanOrEqual(1 - 1e-9 * w[0] ** 2);
      });
    }
    const found = hyperbolicPerceptron(data, { form: "lorentz", maxPasses: 5 });
    if (found.passes === 5) expect([found.mistakes, [...found.normal]]).toEqual([mistakes, [...w]]);
  });

  it("stops with an error where the update has length 0", () => {
    const points = [[1, 0, 0], pointAt(1, [1, 0])];
    expect(() => hyperbolicPerceptron({ points, labels: [1, -1] }, { form: "lorentz", maxPasses: 5 })).toThrow(
      "hyperbolicPerceptron: the update with point 0 has length 0 but must be space-like; use another form",
    );
  });
});

/** `a ⊕ b` of the Poincaré ball. */
function mobius(a: number[], b: number[]): number[] {
  const [ab, aa, bb] = [a[0] * b[0] + a[1] * b[1], squared(a), squared(b)];
  return a.map((x, i) => ((1 + 2 * ab + bb) * x + (1 - aa) * b[i]) / (1 + 2 * ab + aa * bb));
}

const references = fc.tuple(numbers({ min: -0.6, max: 0.6 }), numbers({ min: -0.6, max: 0.6 }));

describe("hyperbolicPerceptron, tangent", () => {
  law(
    "is the paper's, with logarithms in the ball",
    lorentzPoints(5),
    fc.array(fc.constantFrom(-1, 1), { minLength: 5, maxLength: 5 }),
    references,
    (points, labels, p) => {
      if (labels.every((label) => label === labels[0])) return;
      const lambda = 2 / (1 - squared(p));
      const logs = points.map((x) => {
        const z = mobius(
          p.map((value) => -value),
          [x[1] / (1 + x[0]), x[2] / (1 + x[0])],
        );
        const length = Math.hypot(...z);
        return length === 0 ? [0, 0] : z.map((value) => ((2 / lambda) * Math.atanh(length) * value) / length);
      });
      let w = [0, 0];
      let mistakes = 0;
      let close = false;
      for (let pass = 0; pass < 4; pass++) {
        logs.forEach((v, i) => {
          const side = w[0] * v[0] + w[1] * v[1];
          if (mistakes > 0 && Math.abs(side) < 1e-9) close = true; // rounding decides then
          if (labels[i] * side > 0) return;
          mistakes++;
          const length = Math.hypot(...v);
          const t = Math.tanh((lambda * length) / 2);
          const step = length === 0 ? 0 : (2 * t) / (length * (1 - t * t));
          w = w.map((value, j) => value + labels[i] * step * v[j]);
        });
      }
      if (close) return;
      const found = hyperbolicPerceptron({ points, labels }, { form: "tangent", reference: p, maxPasses: 4 });
      expect(found.mistakes).toBe(mistakes);
      const at = [1 + squared(p), 2 * p[0], 2 * p[1]].map((value) => value / (1 - squared(p)));
      expect(Math.abs(product(found.normal, at))).toBeLessThan(1e-9 * (1 + Math.hypot(...w)));
      points.forEach((x, i) => {
        const z = logs[i];
        const length = Math.hypot(...z);
        const sinh = length === 0 ? 0 : Math.sinh(lambda * length) / length;
        expect(Math.abs(product(found.normal, x) - sinh * (w[0] * z[0] + w[1] * z[1]))).toBeLessThan(
          1e-8 * (1 + Math.hypot(...w)) * x[0],
        );
      });
    },
  );

  law(
    "separates within its bound where the hyperplane passes through the reference",
    seeds,
    margins,
    (seed, margin) => {
      const data = separablePlane(seed, { count: 30, margin, offset: 0 });
      const found = hyperbolicPerceptron(data, { form: "tangent" });
      expect(found.separates).toBe(true);
      expect(hyperbolicMargin(found.normal, data)).toBeGreaterThan(0);
      expect(found.normal[0]).toBe(0);
      const gamma = hyperbolicMargin(data.normal, data);
      const largest = Math.max(...data.points.map((x) => x[0] ** 2 - 1));
      expect(found.mistakes).toBeLessThanOrEqual(largest / Math.sinh(gamma) ** 2);
      expect(data.points.every((x) => Math.abs(signedDistance(data.normal, x)) >= margin)).toBe(true);
    },
  );
});

describe("hyperbolicPerceptron, wrong arguments", () => {
  const data = { points: [pointAt(1, [1, 0]), pointAt(1, [-1, 0])], labels: [1, -1] };

  law(
    "returns a hyperplane beyond the points where there is one class, and says so",
    lorentzPoints(4, 4),
    fc.constantFrom(-1, 1),
    (points, label) => {
      const warnings: string[] = [];
      const one = { points, labels: points.map(() => label) };
      const found = hyperbolicPerceptron(one, { onWarning: (message) => warnings.push(message) });
      expect(warnings).toEqual([
        `hyperbolicPerceptron: labels are all ${label}, so that any hyperplane beyond the points will do`,
      ]);
      expect(found).toMatchObject({ mistakes: 0, passes: 0, separates: true });
      expect(hyperbolicMargin(found.normal, one)).toBeGreaterThan(0);
      expect(hyperbolicPerceptron(one)).toEqual(found);
    },
  );

  it("has nothing to learn from a single point either", () => {
    const one = { points: [pointAt(1, [1, 0])], labels: [-1] };
    const found = hyperbolicPerceptron(one);
    expect(found).toMatchObject({ mistakes: 0, passes: 0, separates: true });
    expect(hyperbolicMargin(found.normal, one)).toBeGreaterThan(0);
  });

  it("rejects what cannot be separated, unless it is told when to stop", () => {
    const line = { points: [-1, 0, 1].map((r) => pointAt(r, [1, 0])), labels: [1, -1, 1] };
    const message =
      "hyperbolicPerceptron: data is not separable by a hyperplane but must be without maxPasses; it would never stop";
    expect(() => hyperbolicPerceptron(line)).toThrow(message);
    const twins = { points: [pointAt(1, [1, 0]), pointAt(1, [1, 0])], labels: [1, -1] };
    expect(() => hyperbolicPerceptron(twins)).toThrow(message);
    expect(hyperbolicPerceptron(line, { maxPasses: 50 })).toMatchObject({ passes: 50, separates: false });
    const aside = { points: [pointAt(1, [1, 0]), pointAt(2, [1, 0])], labels: [1, -1] };
    expect(hyperbolicPerceptron(aside).separates).toBe(true);
    expect(() => hyperbolicPerceptron(aside, { form: "tangent" })).toThrow(
      "hyperbolicPerceptron: data is not separable by a hyperplane through the reference but must be without maxPasses; it would never stop",
    );
    expect(hyperbolicPerceptron(aside, { form: "tangent", reference: [Math.tanh(0.75), 0] }).separates).toBe(true);
    expect(() => hyperbolicPerceptron({ ...data, points: [data.points[0], [1, 0, 0]] }, { form: "tangent" })).toThrow(
      "hyperbolicPerceptron: data is not separable by a hyperplane through the reference but must be without maxPasses; it would never stop",
    );
  });

  it("names the argument that is wrong", () => {
    expect(() => hyperbolicPerceptron(data, { form: "kernel" as "ambient" })).toThrow(
      'hyperbolicPerceptron: form is "kernel" but must be one of ambient, lorentz, tangent',
    );
    expect(() => hyperbolicPerceptron(data, { maxPasses: 0 })).toThrow(
      "hyperbolicPerceptron: maxPasses is 0 but must be a whole number ≥ 1",
    );
    expect(() => hyperbolicPerceptron(data, { form: "lorentz" })).toThrow(
      'hyperbolicPerceptron: maxPasses is undefined but must be given with "lorentz"; it may never stop',
    );
    expect(() => hyperbolicPerceptron(data, { form: "tangent", reference: [0] })).toThrow(
      "hyperbolicPerceptron: reference has 1 coordinates but must have 2",
    );
    expect(() => hyperbolicPerceptron(data, { form: "tangent", reference: [0, 2] })).toThrow(
      "hyperbolicPerceptron: reference has length 2 but must be inside the ball, < 1",
    );
    expect(() => hyperbolicPerceptron({ ...data, labels: [1, 2] })).toThrow(
      "hyperbolicPerceptron: labels holds 2 at 1 but must hold -1 and 1",
    );
    expect(() =>
      hyperbolicPerceptron({
        points: [
          [1, 0],
          [2, 0],
        ],
        labels: [1, -1],
      }),
    ).toThrow("hyperbolicPerceptron: point 1 has x * x = 4 but must have 1, be on the hyperboloid");
    expect(() => hyperbolicPerceptron({ points: [], labels: [] })).toThrow(
      "hyperbolicPerceptron: points is empty but must hold at least one point",
    );
  });
});
