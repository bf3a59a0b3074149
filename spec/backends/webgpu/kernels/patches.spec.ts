import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DType } from "../../../../src/backends/backend.js";
import { fold, unfold } from "../../../../src/backends/reference/patches.js";
import { gpu } from "../../../support/law.js";
import type { Call } from "../../kernel-call.js";
import { offsets } from "../../wasm/kernels/elements.js";
import { expectAgreement, law, shadersOf } from "./agreement.js";

type Pair = readonly [number, number];

interface Windows {
  readonly n: number;
  readonly c: number;
  readonly window: Pair;
  readonly places: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  /** Pixels below and to the right of the last window. */
  readonly rest: Pair;
  readonly dtype: DType;
  readonly offset: number;
}

const one = (max: number) => fc.integer({ min: 1, max });
const pair = (max: number) => fc.tuple(one(max), one(max));

const windows: fc.Arbitrary<Windows> = fc.record({
  ...{ n: one(2), c: one(3), window: pair(3), stride: pair(3), dilation: pair(3) },
  places: fc.tuple(one(4), fc.oneof(one(6), fc.constantFrom(16, 70))),
  rest: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
  dtype: fc.constantFrom<DType>("f32", "i32"),
  offset: offsets,
});

/** Whole numbers, that sums are exact; no two are alike. */
function call(op: "unfold" | "fold", sizes: Windows): Call {
  const { n, c, window, places, stride, dilation, rest, dtype, offset } = sizes;
  const pixels = window.map((length, i) => (length - 1) * dilation[i] + (places[i] - 1) * stride[i] + 1 + rest[i]);
  const image = [n, c, ...pixels];
  const patches = [n, c, ...window, ...places];
  const [from, to] = op === "unfold" ? [image, patches] : [patches, image];
  const values = Array.from({ length: from.reduce((a, b) => a * b, 1) }, (_, i) => (i % 3 === 0 ? -i : i));
  return {
    ...{ op, inputs: [{ dtype, shape: from, values, offset }], shape: to, dtype },
    ...{ attributes: { stride, dilation }, host: op === "unfold" ? unfold : fold },
  };
}

describe.skipIf(gpu === undefined)("unfold and fold", () => {
  law("read all patches of an image, and add patches to an image", windows, async (sizes) => {
    await expectAgreement(call("unfold", sizes));
    await expectAgreement(call("fold", sizes));
  });
});

describe("the shaders of patches", () => {
  it("are the same whatever the sizes", () => {
    const small: Windows = {
      ...{ n: 1, c: 2, window: [2, 3], places: [3, 4], stride: [1, 2], dilation: [1, 1], rest: [0, 0] },
      ...{ dtype: "f32", offset: 0 },
    };
    const large: Windows = { ...small, n: 7, c: 5, window: [3, 3], places: [9, 2], stride: [2, 1], dilation: [2, 3] };
    for (const op of ["unfold", "fold"] as const)
      expect(shadersOf(call(op, small))).toEqual(shadersOf(call(op, large)));
  });
});
