import { arange, type DType, full, ones, ShapeError, type Tensor, tensor, zeros } from "cotangent";
import { floats, shapes } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law, onEveryBackend } from "../../support/law.js";

type Nested = number | readonly Nested[];

/** The values as lists of lists, an inner one for each position of the first axis. */
function nested(values: readonly number[], shape: readonly number[]): Nested {
  const [length, ...rest] = shape;
  if (length === undefined) return values[0];
  const step = values.length / length;
  return Array.from({ length }, (_, i) => nested(values.slice(i * step, (i + 1) * step), rest));
}

const filled = shapes({ maxRank: 4, maxSize: 3 }).chain((shape) => floats(shape).map((values) => ({ shape, values })));

onEveryBackend("created tensors", (backend) => {
  law("nested numbers are read row by row, f32 unless another dtype is named", filled, async ({ shape, values }) => {
    const lists = nested([...values], shape);
    const [single, double] = [tensor(lists, { backend }), tensor(lists, { backend, dtype: "f64" })];
    expect([single.shape, single.dtype, double.shape, double.dtype]).toEqual([shape, "f32", shape, "f64"]);
    await expectClose(single, Float32Array.from(values), { tolerance: 0 });
    await expectClose(double, values, { tolerance: 0 });
  });

  law("typed arrays are read in order, under any shape that fits", filled, async ({ shape, values }) => {
    const x = tensor(values, { backend, shape });
    expect([x.shape, x.dtype]).toEqual([shape, "f64"]);
    await expectClose(x, values, { tolerance: 0 });
    expect(tensor(values, { backend }).shape).toEqual([values.length]);
  });

  it("typed arrays keep their dtype, and are copied", async () => {
    const arrays = {
      f32: Float32Array.of(0.5, 2),
      f64: Float64Array.of(0.1, 2),
      i32: Int32Array.of(-1, 2),
      u32: Uint32Array.of(2 ** 32 - 1, 2),
      bool: Uint8Array.of(1, 0),
    };
    for (const [dtype, array] of Object.entries(arrays)) {
      const x: Tensor<DType> = tensor(array as Float64Array, { backend });
      const before = [...array];
      array.fill(1);
      expect(x.dtype).toBe(dtype);
      expect([...(await x.data())]).toEqual(before);
    }
  });

  it("truth values are bool, and 1 or 0 in numbers", async () => {
    const x = tensor([[true], [false]] as never, { backend }) as Tensor<DType>;
    expect([x.dtype, x.shape]).toEqual(["bool", [2, 1]]);
    expect([...(await x.data())]).toEqual([1, 0]);
    expect([...(await tensor([false, true], { backend, dtype: "f32" }).data())]).toEqual([0, 1]);
  });

  it("numbers are converted to the dtype named", async () => {
    const bool = tensor(Float64Array.of(-0.5, 0, 2, -0, Number.NaN), { backend, dtype: "bool" });
    expect([...(await bool.data())]).toEqual([1, 0, 1, 0, 1]); // as cast has it
    expect([...(await tensor(Uint8Array.of(2, 0, 255), { backend }).data())]).toEqual([1, 0, 1]);
    const double = tensor(Int32Array.of(-3, 4), { backend, dtype: "f64" });
    expect([double.dtype, ...(await double.data())]).toEqual(["f64", -3, 4]);
    const whole = tensor(Float64Array.of(-3, 4), { backend, dtype: "i32" });
    expect([whole.dtype, ...(await whole.data())]).toEqual(["i32", -3, 4]);
  });

  it("whole numbers go to both ends of their dtype, and no further", async () => {
    const ends = { i32: [-(2 ** 31), 2 ** 31 - 1], u32: [0, 2 ** 32 - 1] } as const;
    for (const dtype of ["i32", "u32"] as const) {
      const [low, high] = ends[dtype];
      expect([...(await tensor([low, high], { backend, dtype }).data())]).toEqual([low, high]);
      for (const wrong of [low - 1, high + 1, 0.5, Number.NaN]) {
        expect(() => tensor([wrong], { backend, dtype })).toThrow(
          new RangeError(`tensor: a value is ${wrong} but must be a whole number in [${low}, ${high}] for ${dtype}`),
        );
      }
    }
  });

  it("nothing has a shape too", () => {
    expect(tensor([], { backend }).shape).toEqual([0]);
    expect(tensor([[], []], { backend }).shape).toEqual([2, 0]);
    expect(tensor([], { backend, shape: [3, 0] }).shape).toEqual([3, 0]);
  });

  it("one value fills any shape", async () => {
    const place = { backend, dtype: "f64" } as const;
    await expectClose(full([2, 2], 1.5, place), [1.5, 1.5, 1.5, 1.5]);
    await expectClose(zeros([3], place), [0, 0, 0]);
    await expectClose(ones([3], place), [1, 1, 1]);
    expect(full([0, 2], 1, place).shape).toEqual([0, 2]);
    await expectClose(arange(4, { backend }), [0, 1, 2, 3]);
    await expectClose(arange(2, place), [0, 1]);
    await expectClose(arange(0, { backend }), []);
  });
});

describe("created tensors", () => {
  it("name what does not fit", () => {
    const ragged = "tensor: values has rows of different lengths but must be rectangular";
    for (const rows of [
      [[1, 2], [3]],
      [[1], 2],
      [2, [1]],
      [[], 2],
      [
        [[1], [2]],
        [[3], [4, 5]],
      ],
      [[[1, 2]], [[3]], [[4, 5, 6]]],
      [
        [1, 2],
        [[3], [4]],
      ],
      [[], [1]],
      [1, []],
    ]) {
      expect(() => tensor(rows)).toThrow(new ShapeError(ragged));
    }
    expect(() => tensor([1, 2, 3], { shape: [2, 2] })).toThrow(
      new ShapeError("tensor: shape is [2, 2] but values has 3 elements"),
    );
    expect(() => tensor([1, 2], { shape: [-1, -2] })).toThrow(
      new ShapeError("tensor: shape is [-1, -2] but its sizes must be whole numbers ≥ 0"),
    );
    expect(() => full([-1], 0)).toThrow(new ShapeError("full: shape is [-1] but its sizes must be whole numbers ≥ 0"));
    for (const length of [-1, 0.5]) {
      expect(() => arange(length)).toThrow(
        new RangeError(`arange: length is ${length} but must be a whole number ≥ 0`),
      );
    }
  });
});
