import { type Tensor, tensor } from "cotangent";
import { type PrincipalComponents, principalComponents, projectOntoComponents } from "cotangent/methods/sampling";
import { floats, sparseBatches } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

interface Rows {
  readonly count: number;
  readonly width: number;
  readonly values: Float64Array;
}

const rows: Arbitrary<Rows> = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 14 }))
  .chain(([count, width]) =>
    fc.record({ count: fc.constant(count), width: fc.constant(width), values: floats([count, width]) }),
  );

const tensorOf = ({ count, width, values }: Rows): Tensor => tensor(values, { shape: [count, width] });

/** Checks that columns are orthonormal eigenvectors of the covariance, which is formed here by its definition. */
async function expectEigenvectors({ count, width, values }: Rows, found: PrincipalComponents, tolerance: number) {
  const [mean, columns, variances] = await Promise.all([
    found.mean.data(),
    found.components.data(),
    found.variances.data(),
  ]);
  const average = Float64Array.from({ length: width }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += values[i * width + j] / count;
    return sum;
  });
  await expectClose(mean, average, { tolerance: 1e-12 });
  const k = variances.length;
  const scale = Math.max(1, variances[0]);
  for (let a = 0; a < k; a++) {
    if (a > 0) expect(variances[a]).toBeLessThanOrEqual(variances[a - 1]);
    const v = Array.from({ length: width }, (_, j) => columns[j * k + a]);
    for (let b = 0; b <= a; b++) {
      const shared = v.reduce((sum, value, j) => sum + value * columns[j * k + b], 0);
      expect(Math.abs(shared - (a === b ? 1 : 0))).toBeLessThanOrEqual(1e-10);
    }
    const image = new Float64Array(width);
    for (let i = 0; i < count; i++) {
      const along = v.reduce((sum, value, j) => sum + value * (values[i * width + j] - average[j]), 0);
      for (let j = 0; j < width; j++) image[j] += (along * (values[i * width + j] - average[j])) / count;
    }
    await expectClose(
      image,
      v.map((value) => variances[a] * value),
      { tolerance: tolerance * scale },
    );
    const largest = v.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most));
    expect(largest).toBeGreaterThan(0);
  }
  return variances;
}

describe("principalComponents", () => {
  law("finds orthonormal eigenvectors of the covariance, most variance first", rows, async (x) => {
    const found = await principalComponents(tensorOf(x), { components: x.width, tolerance: 1e-12 });
    const variances = await expectEigenvectors(x, found, 1e-9);
    let total = 0;
    for (let j = 0; j < x.width; j++) {
      const column = Array.from({ length: x.count }, (_, i) => x.values[i * x.width + j]);
      const mean = column.reduce((sum, value) => sum + value, 0) / x.count;
      total += column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.count;
    }
    await expectClose([[...variances].reduce((sum, value) => sum + value, 0)], [total], { tolerance: 1e-10 });
  });

  it("finds the largest of many, when only a few are asked for", async () => {
    const [count, width] = [60, 30];
    const values = Float64Array.from(
      { length: count * width },
      (_, i) => Math.sin(i * i * 0.7 + i) / (1 + (i % width)),
    );
    const x = { count, width, values };
    const all = await principalComponents(tensorOf(x), { components: width, tolerance: 1e-12 });
    const few = await principalComponents(tensorOf(x), { components: 3, tolerance: 1e-12 });
    await expectEigenvectors(x, few, 1e-10);
    await expectClose(few.variances, (await all.variances.data()).slice(0, 3), { tolerance: 1e-12 });
  });

  law(
    "gives the same for sparse rows as for dense ones",
    sparseBatches({ rows: 6, width: 5 }),
    async ({ offsets, columns, values, rows: count, width }) => {
      const dense = new Float64Array(count * width);
      for (let i = 0; i < count; i++)
        for (let j = offsets[i]; j < offsets[i + 1]; j++) dense[i * width + columns[j]] += values[j];
      const sparse = { offsets: tensor(offsets), columns: tensor(columns), values: tensor(values), width };
      const found = await principalComponents(sparse, { components: 3, tolerance: 1e-12 });
      await expectEigenvectors({ count, width, values: dense }, found, 1e-9);
      await expectClose(
        projectOntoComponents(sparse, found),
        projectOntoComponents(tensor(dense, { shape: [count, width] }), found),
      );
    },
  );

  law("projects to centred, uncorrelated coordinates", rows, async (x) => {
    const k = Math.min(3, x.width);
    const found = await principalComponents(tensorOf(x), { components: k, tolerance: 1e-12 });
    const z = projectOntoComponents(tensorOf(x), found);
    await expectClose(z.mean(0), new Float64Array(k), { tolerance: 1e-10 });
    const variances = await found.variances.data();
    const wanted = Float64Array.from({ length: k * k }, (_, i) => (i % (k + 1) === 0 ? variances[i / (k + 1)] : 0));
    await expectClose(z.transpose().matmul(z).div(x.count), wanted, { tolerance: 1e-8 });
  });

  it("follows the rows in dtype and says what is wrong with its arguments", async () => {
    const x = tensor([
      [1, 2],
      [3, 5],
    ]);
    const { components } = await principalComponents(x, { components: 1 });
    expect([components.dtype, components.shape]).toEqual(["f32", [2, 1]]);
    const fails = (call: Promise<unknown>, message: string) => expect(call).rejects.toThrow(message);
    await fails(
      principalComponents(x),
      "principalComponents: components is 16 but must be in [1, 2], as x has 2 columns",
    );
    await fails(
      principalComponents(x, { components: 0 }),
      "principalComponents: components is 0 but must be a whole number ≥ 1",
    );
    await fails(
      principalComponents(x, { components: 1, maxIterations: 0 }),
      "principalComponents: maxIterations is 0 but must be a whole number ≥ 1",
    );
    await fails(
      principalComponents(x, { components: 1, tolerance: -1 }),
      "principalComponents: tolerance is -1 but must be a finite number ≥ 0",
    );
    await fails(principalComponents(tensor([1])), "principalComponents: x has shape [1] but must have 2 axes");
    await fails(
      principalComponents(tensor(new Float32Array(0), { shape: [0, 2] })),
      "principalComponents: x has 0 rows but must have at least 1",
    );
    await fails(
      principalComponents(tensor([[1, Number.NaN]]), { components: 1 }),
      "principalComponents: x has a value that is not finite",
    );
    await fails(
      principalComponents(tensor([[1]], { dtype: "i32" }) as never, { components: 1 }),
      "principalComponents: x is i32 but must be f32 or f64; cast it",
    );
  });
});
