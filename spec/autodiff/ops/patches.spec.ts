import { DTypeError, fold, grad, ShapeError, type Tensor, tensor, unfold } from "cotangent";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law, onEveryBackend } from "../../support/law.js";
import { opLaws } from "../../support/op-laws.js";

const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
const geometry = fc.record({
  pixels: pair(5, 7),
  size: pair(1, 3),
  stride: pair(1, 3),
  dilation: pair(1, 2),
  values: floats([2 * 2 * 7 * 7]),
});

onEveryBackend("unfold", (backend) => {
  law("shows every pixel where the window finds it", geometry, async ({ pixels, size, stride, dilation, values }) => {
    const [height, width] = pixels;
    const image = values.subarray(0, 4 * height * width);
    const patches = unfold(tensor(image, { shape: [2, 2, height, width], backend }), size, { stride, dilation });
    const [rows, columns] = [0, 1].map(
      (i) => Math.floor((pixels[i] - (size[i] - 1) * dilation[i] - 1) / stride[i]) + 1,
    );
    expect(patches.shape).toEqual([2, 2, ...size, rows, columns]);
    const expected: number[] = [];
    for (let plane = 0; plane < 4; plane++) {
      for (let y = 0; y < size[0]; y++) {
        for (let x = 0; x < size[1]; x++) {
          for (let i = 0; i < rows; i++) {
            for (let j = 0; j < columns; j++) {
              const [row, column] = [i * stride[0] + y * dilation[0], j * stride[1] + x * dilation[1]];
              expected.push(image[(plane * height + row) * width + column]);
            }
          }
        }
      }
    }
    await expectClose(patches, expected);
  });

  law(
    "fold is its transpose: ⟨unfold a, b⟩ = ⟨a, fold b⟩",
    geometry,
    async ({ pixels, size, stride, dilation, values }) => {
      const [height, width] = pixels;
      const a = tensor(values.subarray(0, 4 * height * width), { shape: [2, 2, height, width], backend });
      const patches = unfold(a, size, { stride, dilation });
      const b = tensor(
        Float64Array.from({ length: patches.size }, (_, i) => Math.cos(i * i)),
        {
          shape: patches.shape,
          backend,
        },
      );
      await expectClose(patches.mul(b).sum(), a.mul(fold(b, [height, width], { stride, dilation })).sum());
    },
  );

  const images = floats([9]).map((values) => [{ shape: [1, 1, 3, 3], values }]);
  const options = { stride: [1, 2], dilation: [2, 1] } as const;
  opLaws({ name: "unfold", inputs: images, apply: (x) => unfold(x, [2, 1], options) }, backend);
  const patches = floats([4]).map((values) => [{ shape: [1, 1, 2, 1, 1, 2], values }]);
  opLaws({ name: "fold", inputs: patches, apply: (x) => fold(x, 3, options) }, backend);

  it("gives a pixel as much gradient as there are windows over it", async () => {
    const image = tensor(new Float64Array(9), { shape: [1, 1, 3, 3], backend });
    await expectClose(grad((x: Tensor) => unfold(x, 2).sum())(image), [1, 2, 1, 2, 4, 2, 1, 2, 1]);
  });
});

describe("unfold and fold", () => {
  const image = tensor(new Float64Array(9), { shape: [1, 1, 3, 3] });
  const patches = tensor(new Float64Array(4), { shape: [1, 1, 1, 1, 2, 2] });
  it("name the argument that is wrong", () => {
    expect(() => unfold(patches, 1)).toThrow(
      new ShapeError("unfold: image has shape [1, 1, 1, 1, 2, 2] but must have 4 axes"),
    );
    expect(() => unfold(image, 2, { dilation: 3 })).toThrow(
      new ShapeError("unfold: image has [3, 3] pixels, padding included, but must have [4, 4] or more for the window"),
    );
    expect(() => unfold(image, 0)).toThrow(new RangeError("unfold: size is 0 but must be a whole number ≥ 1"));
    expect(() => unfold(image, 1, { stride: [1, 0] })).toThrow(
      new RangeError("unfold: stride is 0 but must be a whole number ≥ 1"),
    );
    expect(() => unfold(image, [1, 1, 1] as never)).toThrow(
      new RangeError("unfold: size has 3 entries but must have 2"),
    );
    expect(() => unfold(tensor(new Int32Array(1), { shape: [1, 1, 1, 1] }) as never, 1)).toThrow(
      new DTypeError("unfold: image is i32 but must be f32 or f64; cast it"),
    );
    expect(() => fold(image, 3)).toThrow(new ShapeError("fold: patches has shape [1, 1, 3, 3] but must have 6 axes"));
    expect(() => fold(patches, 3)).toThrow(
      new ShapeError("fold: patches has shape [1, 1, 1, 1, 2, 2] but must be [any, any, any, any, 3, 3]"),
    );
    expect(() => fold(patches, 0.5)).toThrow(new RangeError("fold: size is 0.5 but must be a whole number ≥ 1"));
    expect(() => fold(patches, 2, { dilation: 0 })).toThrow(
      new RangeError("fold: dilation is 0 but must be a whole number ≥ 1"),
    );
    expect(() => fold(tensor(new Int32Array(1), { shape: [1, 1, 1, 1, 1, 1] }) as never, 1)).toThrow(
      new DTypeError("fold: patches is i32 but must be f32 or f64; cast it"),
    );
  });
});
