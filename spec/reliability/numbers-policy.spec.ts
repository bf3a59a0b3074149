import {
  abs,
  argmax,
  argmin,
  type Backend,
  cast,
  clamp,
  cpu,
  cumsum,
  type DType,
  div,
  equal,
  erf,
  exp,
  expm1,
  floor,
  gather,
  grad,
  greater,
  less,
  lessEqual,
  log,
  log1p,
  logSigmoid,
  logSoftmax,
  logSumExp,
  matmul,
  max,
  maximum,
  mean,
  min,
  minimum,
  notEqual,
  oneHot,
  pow,
  prod,
  relu,
  remainder,
  round,
  scatterAdd,
  sigmoid,
  sign,
  sin,
  softmax,
  softplus,
  sort,
  sqrt,
  square,
  sum,
  type Tensor,
  tanh,
  tensor,
  topK,
  wasm,
  where,
  zeros,
} from "cotangent";
import { describe, expect, it } from "vitest";
import { gpu, noGpu } from "../support/law.js";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const hosts: readonly (readonly [string, Backend | undefined])[] = [
  ["cpu", cpu()],
  ["wasm", wasm()],
  [gpu === undefined ? `webgpu (${noGpu})` : "webgpu", gpu],
];

/** Each test is a sentence of docs/numbers.md. */
for (const [name, backend] of hosts) {
  describe.skipIf(backend === undefined)(`numbers on ${name}`, () => {
    const of = (values: readonly number[], dtype: DType = "f32", shape: readonly number[] = [values.length]) =>
      tensor(values, { backend: backend!, dtype, shape }) as Tensor;
    const i32 = (...values: readonly number[]) => of(values, "i32") as unknown as Tensor<"i32">;
    const u32 = (...values: readonly number[]) => of(values, "u32") as unknown as Tensor<"u32">;
    /** What each of several tensors holds, in the precision that it has; the sign of 0 is not promised. */
    const values = async (...tensors: readonly Tensor<DType>[]) =>
      Promise.all(tensors.map(async (t) => Array.from(await t.data(), (value) => (value === 0 ? 0 : value))));
    const onDevice = (ids: Tensor<"i32">): Tensor<"i32"> => ids.add(0).add(i32(0)); // not known to the host
    const slopes = (f: (x: Tensor) => Tensor, ...at: readonly number[]) => grad((x: Tensor) => sum(f(x)))(of(at));

    describe("arithmetic", () => {
      it("divides by 0 to ±∞, and 0 by 0 to NaN", async () => {
        expect(await values(div(of([1, -1, 0]), of([0, 0, 0])))).toEqual([[inf, -inf, nan]]);
      });

      it("makes NaN of ∞ − ∞, 0 · ∞ and ∞ / ∞, and ∞ of what is too large", async () => {
        const infinite = of([inf]);
        const large = of([3e38]);
        expect(
          await values(
            infinite.sub(infinite),
            infinite.mul(of([0])),
            div(infinite, infinite),
            large.add(large),
            large.mul(large.neg()),
          ),
        ).toEqual([[nan], [nan], [nan], [inf], [-inf]]);
      });

      it("carries NaN through every operation on floats", async () => {
        const x = of([nan]);
        const one = of([1]);
        const through = [
          ...[x.add(one), x.sub(one), x.mul(one), x.div(one), one.div(x), x.neg(), square(x), remainder(x, one)],
          ...[maximum(x, one), maximum(one, x), minimum(x, one), minimum(one, x), clamp(x, -1, 1), relu(x)],
          ...[abs(x), sign(x), exp(x), expm1(x), log(x), log1p(x), sqrt(x), sin(x), tanh(x), sigmoid(x), softplus(x)],
          ...[logSigmoid(x), erf(x), pow(x, one), pow(of([2]), x)],
        ];
        expect((await values(...through)).flat()).toEqual(through.map(() => nan));
      });

      it("has NaN and ∞ where functions have no value: log and sqrt below 0, log at 0, a root of a negative", async () => {
        expect(await values(log(of([-1, 0])), sqrt(of([-1, 0])), pow(of([-2, 0, 0]), of([0.5, 0, -1])))).toEqual([
          [nan, -inf],
          [nan, 0],
          [nan, 1, inf],
        ]);
      });

      it("saturates without overflow in what is bounded, and in softplus", async () => {
        const far = of([-1e30, 1e30]);
        expect(await values(sigmoid(far), tanh(far), erf(far), softplus(far), logSigmoid(far))).toEqual([
          [0, 1],
          [-1, 1],
          [-1, 1],
          [0, Math.fround(1e30)],
          [-Math.fround(1e30), 0],
        ]);
      });

      it("overflows exp in f32 above 88.73 and rounds it to 0 below −104", async () => {
        const [[fits, over, under]] = await values(exp(of([88.7, 88.8, -104.5])));
        expect(fits).toBeGreaterThan(3e38);
        expect([over, under]).toEqual([inf, 0]);
      });
    });

    describe("comparisons and choices", () => {
      it("are false with NaN, but that it differs from everything", async () => {
        const [x, y] = [of([nan, nan, 1]), of([nan, 1, nan])];
        const no = [0, 0, 0];
        expect(await values(equal(x, y), less(x, y), lessEqual(x, y), greater(x, y), notEqual(x, y))).toEqual([
          ...[no, no, no, no],
          [1, 1, 1],
        ]);
      });

      it("do not look at what they do not choose", async () => {
        const isFirst = tensor([true, false], { backend: backend! });
        expect(await values(where(isFirst, of([1, nan]), of([inf, 2])))).toEqual([[1, 2]]);
      });

      it("let no gradient into what they do not choose, though 0 times an infinite slope is NaN there", async () => {
        const guarded = slopes((x) => where(greater(x, 0), log(where(greater(x, 0), x, 1)), 0), 0, 2);
        const unguarded = slopes((x) => where(greater(x, 0), log(x), 0), 0, 2);
        expect(await values(guarded, unguarded)).toEqual([
          [0, 0.5],
          [nan, 0.5],
        ]);
      });
    });

    describe("reductions and order", () => {
      const row = () => of([3, nan, 1, inf, nan]);

      it("max, min, sum, mean and prod are NaN where one element is", async () => {
        expect((await values(max(row()), min(row()), sum(row()), mean(row()), prod(row()))).flat()).toEqual([
          ...[nan, nan, nan, nan, nan],
        ]);
      });

      it("argmax and argmin find the first NaN", async () => {
        expect((await values(argmax(row()), argmin(row()))).flat()).toEqual([1, 1]);
      });

      it("sort takes NaN for larger than ∞, and so does topK", async () => {
        const top = topK(row(), 3);
        expect(await values(sort(row()), sort(row(), -1, { descending: true }), top.values, top.indices)).toEqual([
          [1, 3, inf, nan, nan],
          [nan, nan, inf, 3, 1],
          [nan, nan, inf],
          [1, 4, 3],
        ]);
      });

      it("a sum of ∞ is ∞, of ∞ and −∞ NaN, and cumsum is what it is from there on", async () => {
        expect(await values(sum(of([1, inf])), sum(of([inf, -inf])), cumsum(of([1, inf, 2, -inf, 3])))).toEqual([
          [inf],
          [nan],
          [1, inf, inf, nan, nan],
        ]);
      });

      it("reduces nothing to what changes nothing: 0, 1, ∓∞, and a mean of NaN", async () => {
        const nothing = () => of([], "f32", [0]);
        expect(
          (await values(sum(nothing()), prod(nothing()), max(nothing()), min(nothing()), mean(nothing()))).flat(),
        ).toEqual([0, 1, -inf, inf, nan]);
      });

      it("keeps NaN and ∞ of a product of matrices in their rows and columns", async () => {
        const a = of([1, nan, 2, 3, 1, 1], "f32", [3, 2]);
        const b = of([1, inf, 1, 1], "f32", [2, 2]);
        expect(await values(matmul(a, b))).toEqual([[nan, nan, 5, inf, 2, inf]]);
      });

      it(`${name === "webgpu" ? "may overflow" : "does not overflow"} on the way to a sum of f32 that fits`, async () => {
        const [[total]] = await values(sum(of([3e38, 3e38, -3e38, -3e38])));
        if (name === "webgpu") expect(total === 0 || !Number.isFinite(total)).toBe(true);
        else expect(total).toBe(0);
      });

      it("has a logSumExp and a softmax of rows with −∞, and of rows of nothing else", async () => {
        const rows = () => of([0, -inf, -inf, -inf], "f32", [2, 2]);
        expect(await values(logSumExp(rows(), 1), softmax(rows(), 1), logSoftmax(rows(), 1))).toEqual([
          [0, -inf],
          [1, 0, 0, 0],
          [0, -inf, nan, nan],
        ]);
        expect(await values(grad((x: Tensor) => gather(logSumExp(x, 1), i32(1)).sum())(rows()))).toEqual([
          [0, 0, 0, 0],
        ]);
      });
    });

    describe("gradients at hard points", () => {
      it("share ties of max, min, maximum and minimum", async () => {
        expect(
          await values(
            slopes((x) => max(x), 2, 1, 2),
            slopes((x) => min(x), 1, 1, 2),
            slopes((x) => maximum(x, 1), 1, 2),
            slopes((x) => minimum(x, 1), 1, 2),
          ),
        ).toEqual([
          [0.5, 0, 0.5],
          [0.5, 0.5, 0],
          [0.5, 1],
          [0.5, 0],
        ]);
      });

      it("are 0 at the corner of abs and relu, and at the poles of sqrt and pow", async () => {
        expect(
          await values(
            slopes(abs, 0),
            slopes(relu, 0),
            slopes(sqrt, 0),
            slopes((x) => pow(x, 0.5), 0),
          ),
        ).toEqual([...[[0], [0], [0], [0]]]);
        expect(await values(slopes((x) => sqrt(sum(square(x))), 0, 0))).toEqual([[0, 0]]);
      });

      it("are 0 of what is piecewise constant", async () => {
        const whole = slopes((x) => cast(cast(x, "i32"), "f32"), 2);
        const flat = [slopes(sign, 2), slopes(floor, 2.5), slopes(round, 2.5), whole];
        expect((await values(...flat)).flat()).toEqual([0, 0, 0, 0]);
      });
    });

    describe("whole numbers", () => {
      it("wrap around", async () => {
        const [low, high] = [-(2 ** 31), 2 ** 31 - 1];
        expect(
          await values(
            i32(high).add(i32(1)),
            i32(low).sub(i32(1)),
            i32(65536, 65537).mul(i32(65536, 65537)),
            i32(low).neg(),
            sum(i32(high, 1)),
            u32(1).neg(),
            u32(0).sub(u32(1)),
          ),
        ).toEqual([[low], [high], [0, 131073], [low], [low], [2 ** 32 - 1], [2 ** 32 - 1]]);
      });

      it("divide towards 0, by 0 to 0, and the least by −1 to itself", async () => {
        const [a, b] = [i32(7, -7, 5, -(2 ** 31)), i32(2, 2, 0, -1)];
        expect(await values(div(a, b), remainder(a, b), div(u32(5), u32(0)), remainder(u32(5), u32(0)))).toEqual([
          [3, -3, 0, -(2 ** 31)],
          [1, -1, 0, 0],
          [0],
          [0],
        ]);
      });

      it("are made of floats by truncation and saturation, of NaN 0; anything but 0, NaN too, is true", async () => {
        const x = () => of([2.9, -2.9, 3e9, -3e9, inf, nan]);
        expect(await values(cast(x(), "i32"), cast(x(), "u32"), cast(of([0, -0, nan, 1e-30]), "bool"))).toEqual([
          [2, -2, 2 ** 31 - 1, -(2 ** 31), 2 ** 31 - 1, 0],
          [2, 0, 3e9, 0, 2 ** 32 - 1, 0],
          [0, 0, 1, 1],
        ]);
      });

      it("become floats by rounding: f32 holds all up to 2^24", async () => {
        expect(await values(cast(i32(2 ** 24, 2 ** 24 + 1, 2 ** 24 + 3), "f32"))).toEqual([
          [2 ** 24, 2 ** 24, 2 ** 24 + 4],
        ]);
      });
    });

    describe("ids out of range", () => {
      const table = () => of([1, 2, 3]);

      it("that the host knows are an error", () => {
        expect(() => gather(table(), i32(0, 3))).toThrow(new RangeError("gather: an id is 3 but must be in [0, 3)"));
        expect(() => gather(table(), i32(-1))).toThrow(new RangeError("gather: an id is -1 but must be in [0, 3)"));
      });

      it("that the host does not know give NaN, 0 in whole numbers, and add nothing", async () => {
        const ids = () => onDevice(i32(0, 3, -1));
        expect(
          await values(
            gather(table(), ids()),
            gather(i32(1, 2, 3), ids()),
            scatterAdd(zeros([3], { backend: backend! }), ids(), of([1, 1, 1])),
            oneHot(ids(), 2, "f32"),
          ),
        ).toEqual([
          [1, nan, nan],
          [1, 0, 0],
          [1, 0, 0],
          [1, 0, 0, 0, 0, 0],
        ]);
      });
    });

    describe("precision", () => {
      it("of numbers below 1.2e-38 in f32 is kept on the host; a device may take them for 0", async () => {
        const [[small]] = await values(of([1e-39]).mul(1));
        if (name === "webgpu") expect([0, Math.fround(1e-39)]).toContain(small);
        else expect(small).toBe(Math.fround(1e-39));
      });

      it.runIf(backend?.dtypes.has("f64"))(
        "of f64 goes from 5e-324 to 1.8e308, and what f32 cannot hold is ∞ there",
        async () => {
          const x = of([5e-324, 1e300, 1e-300], "f64");
          expect(await values(x.mul(1), cast(x, "f32"))).toEqual([
            [5e-324, 1e300, 1e-300],
            [0, inf, 0],
          ]);
        },
      );

      it.skipIf(backend === undefined || backend.dtypes.has("f64"))(
        "of f64 is not there on a GPU, which says so",
        () => {
          expect(() => of([1], "f64")).toThrow("tensor: dtype is f64, which webgpu does not have; use f32");
        },
      );
    });
  });
}
