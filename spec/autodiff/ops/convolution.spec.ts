import { conv2d, DTypeError, einsum, ShapeError, type Tensor, tensor } from "cotangent";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law, onEveryBackend } from "../../support/law.js";
import { opLaws } from "../../support/op-laws.js";
import type { OpInput } from "../op-row.js";

interface Geometry {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** The sum from its definition, one product after the other. */
function byLoops(image: OpInput, kernel: OpInput, { stride, padding, dilation, groups }: Geometry): number[] {
  const [n, channels, height, width] = image.shape;
  const [outputs, inGroup, ...size] = kernel.shape;
  const [rows, columns] = [height, width].map(
    (length, i) => Math.floor((length + 2 * padding[i] - (size[i] - 1) * dilation[i] - 1) / stride[i]) + 1,
  );
  const result: number[] = [];
  for (let example = 0; example < n; example++) {
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          let sum = 0;
          for (let c = 0; c < inGroup; c++) {
            const channel = Math.floor(o / (outputs / groups)) * inGroup + c;
            for (let y = 0; y < size[0]; y++) {
              for (let x = 0; x < size[1]; x++) {
                const row = i * stride[0] + y * dilation[0] - padding[0];
                const column = j * stride[1] + x * dilation[1] - padding[1];
                if (row < 0 || row >= height || column < 0 || column >= width) continue;
                const pixel = ((example * channels + channel) * height + row) * width + column;
                sum += kernel.values[((o * inGroup + c) * size[0] + y) * size[1] + x] * image.values[pixel];
              }
            }
          }
          result.push(sum);
        }
      }
    }
  }
  return result;
}

const places = fc.tuple(fc.integer({ min: 5, max: 7 }), fc.integer({ min: 5, max: 7 })).chain(([height, width]) => {
  const shape = [2, 2, height, width];
  return floats(shape).map((values) => ({ shape, values }));
});

onEveryBackend("conv2d", (backend) => {
  const on = ({ shape, values }: OpInput) => tensor(values, { shape, backend });

  for (const groups of [1, 2]) {
    for (const size of [
      [1, 1],
      [2, 3],
      [3, 3],
    ]) {
      const shape = [2, 2 / groups, ...size];
      const kernels = floats(shape).map((values) => ({ shape, values }));
      law(
        `is the sum that defines it: ${size.join(" × ")} kernels, groups ${groups}, all strides, paddings and dilations`,
        places,
        kernels,
        async (image, kernel) => {
          for (const stride of [
            [1, 1],
            [2, 1],
            [1, 3],
          ] as const) {
            for (const padding of [
              [0, 0],
              [1, 2],
            ] as const) {
              for (const dilation of [
                [1, 1],
                [2, 1],
                [1, 2],
              ] as const) {
                const geometry = { stride, padding, dilation, groups };
                const result = conv2d(on(image), on(kernel), geometry);
                await expectClose(result, byLoops(image, kernel, geometry), { tolerance: 1e-12 });
              }
            }
          }
        },
      );
    }
  }

  law("with a 1 × 1 kernel mixes channels", places, floats([3, 2, 1, 1]), async (image, values) => {
    const kernel = tensor(values, { shape: [3, 2, 1, 1], backend });
    await expectClose(conv2d(on(image), kernel), einsum("nchw,ocyx->nohw", on(image), kernel));
  });

  const small = fc.tuple(floats([1, 2, 3, 3]), floats([2, 1, 2, 2])).map(([image, kernel]) => [
    { shape: [1, 2, 3, 3], values: image },
    { shape: [2, 1, 2, 2], values: kernel },
  ]);
  opLaws(
    {
      name: "conv2d",
      inputs: small,
      apply: (image, kernel) => conv2d(image, kernel, { stride: [1, 2], padding: [0, 1], dilation: [2, 1], groups: 2 }),
    },
    backend,
  );

  it("agrees in f32", async () => {
    const image = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], { shape: [1, 1, 3, 3], backend });
    const kernel = tensor([1, 0, 0, 1], { shape: [1, 1, 2, 2], backend });
    const result = conv2d(image, kernel);
    expect(result.dtype).toBe("f32");
    await expectClose(result, [6, 8, 12, 14]);
  });
});

describe("conv2d", () => {
  const image: Tensor = tensor(new Float64Array(54), { shape: [1, 6, 3, 3] });
  const kernel = (...shape: number[]) =>
    tensor(new Float64Array(shape.reduce((size, length) => size * length, 1)), { shape });
  it("names the argument that is wrong", () => {
    expect(() => conv2d(kernel(3, 3), kernel(1, 6, 1, 1))).toThrow(
      new ShapeError("conv2d: image has shape [3, 3] but must have 4 axes"),
    );
    expect(() => conv2d(image, kernel(6, 1))).toThrow(
      new ShapeError("conv2d: kernel has shape [6, 1] but must have 4 axes"),
    );
    expect(() => conv2d(image, kernel(1, 5, 1, 1))).toThrow(
      new ShapeError("conv2d: kernel has shape [1, 5, 1, 1] but must be [any, 6, any, any]"),
    );
    expect(() => conv2d(image, kernel(4, 6, 1, 1), { groups: 2 })).toThrow(
      new ShapeError("conv2d: kernel has shape [4, 6, 1, 1] but must be [any, 3, any, any]"),
    );
    expect(() => conv2d(image, kernel(4, 6, 1, 1), { groups: 4 })).toThrow(
      new ShapeError("conv2d: groups is 4 but must divide the channels, 6"),
    );
    expect(() => conv2d(image, kernel(4, 2, 1, 1), { groups: 3 })).toThrow(
      new ShapeError("conv2d: groups is 3 but must divide the outputs, 4"),
    );
    expect(() => conv2d(image, kernel(1, 6, 4, 4))).toThrow(
      new ShapeError("conv2d: image has [3, 3] pixels, padding included, but must have [4, 4] or more for the window"),
    );
    expect(() => conv2d(image, kernel(1, 6, 1, 1), { groups: 0 })).toThrow(
      new RangeError("conv2d: groups is 0 but must be a whole number ≥ 1"),
    );
    expect(() => conv2d(image, kernel(1, 6, 1, 1), { padding: -1 })).toThrow(
      new RangeError("conv2d: padding is -1 but must be a whole number ≥ 0"),
    );
    expect(() => conv2d(image, kernel(1, 6, 1, 1), { stride: 0 })).toThrow(
      new RangeError("conv2d: stride is 0 but must be a whole number ≥ 1"),
    );
    expect(() => conv2d(image, kernel(1, 6, 1, 1), { dilation: 1.5 })).toThrow(
      new RangeError("conv2d: dilation is 1.5 but must be a whole number ≥ 1"),
    );
    expect(() => conv2d(image, tensor([[[[1]]]]))).toThrow(
      new DTypeError("conv2d: kernel is f32 but must match image, f64; cast one of them"),
    );
    expect(() => conv2d(tensor(new Int32Array(1), { shape: [1, 1, 1, 1] }) as never, image)).toThrow(
      new DTypeError("conv2d: image is i32 but must be f32 or f64; cast it"),
    );
  });
});
