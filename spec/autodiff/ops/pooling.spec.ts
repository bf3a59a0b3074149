import { avgPool2d, DTypeError, grad, maxPool2d, ShapeError, type Tensor, tensor } from "cotangent";
import { distinctFloats, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law, onEveryBackend } from "../../support/law.js";
import { opLaws } from "../../support/op-laws.js";

interface Geometry {
  readonly size: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
}

/** The pixels under each window, outside pixels left out. */
function windowsOf(image: Float64Array, pixels: readonly number[], geometry: Geometry): number[][] {
  const { size, stride, padding, dilation } = geometry;
  const [height, width] = pixels;
  const [rows, columns] = pixels.map(
    (length, i) => Math.floor((length + 2 * padding[i] - (size[i] - 1) * dilation[i] - 1) / stride[i]) + 1,
  );
  const result: number[][] = [];
  for (let plane = 0; plane < 4; plane++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const seen: number[] = [];
        for (let y = 0; y < size[0]; y++) {
          for (let x = 0; x < size[1]; x++) {
            const row = i * stride[0] + y * dilation[0] - padding[0];
            const column = j * stride[1] + x * dilation[1] - padding[1];
            const inside = row >= 0 && row < height && column >= 0 && column < width;
            if (inside) seen.push(image[(plane * height + row) * width + column]);
          }
        }
        result.push(seen);
      }
    }
  }
  return result;
}

const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
const cases = fc
  .record({ size: pair(1, 3), stride: pair(1, 3), dilation: pair(1, 2), full: pair(0, 1), pixels: pair(5, 7) })
  .chain(({ full, ...rest }) => {
    const padding = rest.size.map((length, i) => (full[i] === 1 ? length >> 1 : 0)) as [number, number];
    return floats([2, 2, ...rest.pixels]).map((values) => ({ ...rest, padding, values }));
  });
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

onEveryBackend("pooling", (backend) => {
  law("maxPool2d takes the largest pixel under each window", cases, async ({ values, pixels, ...geometry }) => {
    const image = tensor(values, { shape: [2, 2, ...pixels], backend });
    const expected = windowsOf(values, pixels, geometry).map((seen) => Math.max(...seen));
    await expectClose(maxPool2d(image, geometry.size, geometry), expected);
  });

  law(
    "avgPool2d takes the mean, padding counted as zeros or not at all",
    cases,
    async ({ values, pixels, ...geometry }) => {
      const image = tensor(values, { shape: [2, 2, ...pixels], backend });
      const windows = windowsOf(values, pixels, geometry);
      const { size } = geometry;
      const counted = windows.map((seen) => sum(seen) / (size[0] * size[1]));
      await expectClose(avgPool2d(image, size, geometry), counted);
      const inside = windows.map((seen) => sum(seen) / seen.length);
      await expectClose(avgPool2d(image, size, { ...geometry, countPadding: false }), inside);
    },
  );

  const images = distinctFloats([1, 1, 3, 4]).map((values) => [{ shape: [1, 1, 3, 4], values }]);
  const options = { stride: [1, 2], padding: 1 } as const;
  opLaws({ name: "maxPool2d", inputs: images, apply: (x) => maxPool2d(x, [2, 2], options) }, backend);
  opLaws({ name: "avgPool2d", inputs: images, apply: (x) => avgPool2d(x, [2, 2], options) }, backend);
  opLaws(
    {
      name: "avgPool2d without padding",
      inputs: images,
      apply: (x) => avgPool2d(x, [2, 2], { ...options, countPadding: false }),
    },
    backend,
  );

  it("tiles the image when no stride is given", async () => {
    const image = tensor(
      [
        [
          [
            [1, 2, 3, 4, 9],
            [5, 6, 7, 8, 9],
          ],
        ],
      ],
      { backend },
    );
    const result = maxPool2d(image, 2);
    expect(result.dtype).toBe("f32");
    expect(result.shape).toEqual([1, 1, 1, 2]);
    await expectClose(result, [6, 8]);
    await expectClose(avgPool2d(image, 2), [3.5, 5.5]);
  });

  it("shares the gradient of a tie, and gives the padding none", async () => {
    const image = tensor(Float64Array.of(-1, -1, -2, -3), { shape: [1, 1, 2, 2], backend });
    await expectClose(grad((x: Tensor) => maxPool2d(x, 2).sum())(image), [0.5, 0.5, 0, 0]);
    await expectClose(grad((x: Tensor) => maxPool2d(x, 2, { padding: 1 }).sum())(image), [1, 1, 1, 1]);
  });

  it("has no maximum and no mean where a dilated window meets no pixel", async () => {
    const image = tensor(Float64Array.of(7), { shape: [1, 1, 1, 1], backend });
    const options = { stride: 1, padding: 1, dilation: 2 };
    await expectClose(maxPool2d(image, 2, options), [Number.NEGATIVE_INFINITY]);
    await expectClose(avgPool2d(image, 2, { ...options, countPadding: false }), [Number.NaN]);
  });
});

describe("pooling", () => {
  const image = tensor(new Float64Array(9), { shape: [1, 1, 3, 3] });
  for (const [name, pool] of Object.entries({ maxPool2d, avgPool2d })) {
    it(`${name} names the argument that is wrong`, () => {
      expect(() => pool(tensor([1]), 1)).toThrow(new ShapeError(`${name}: image has shape [1] but must have 4 axes`));
      expect(() => pool(image, 4)).toThrow(
        new ShapeError(
          `${name}: image has [3, 3] pixels, padding included, but must have [4, 4] or more for the window`,
        ),
      );
      expect(() => pool(image, 3, { padding: 2 })).toThrow(
        new RangeError(`${name}: padding is 2 but must be at most half of the size, 3`),
      );
      expect(() => pool(image, 3, { padding: -1 })).toThrow(
        new RangeError(`${name}: padding is -1 but must be a whole number ≥ 0`),
      );
      expect(() => pool(image, 0)).toThrow(new RangeError(`${name}: size is 0 but must be a whole number ≥ 1`));
      expect(() => pool(image, 1, { stride: 0 })).toThrow(
        new RangeError(`${name}: stride is 0 but must be a whole number ≥ 1`),
      );
      expect(() => pool(image, 1, { dilation: 0 })).toThrow(
        new RangeError(`${name}: dilation is 0 but must be a whole number ≥ 1`),
      );
      expect(() => pool(tensor(new Int32Array(1), { shape: [1, 1, 1, 1] }) as never, 1)).toThrow(
        new DTypeError(`${name}: image is i32 but must be f32 or f64; cast it`),
      );
    });
  }
});
