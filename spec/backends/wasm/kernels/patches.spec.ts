import fc from "fast-check";
import { describe } from "vitest";
import { fold, unfold } from "../../../../src/backends/reference/patches.js";
import { expectAgreement, law } from "./agreement.js";
import { elementsOf, floatDTypes, offsets } from "./elements.js";

const one = (max: number) => fc.integer({ min: 1, max });

const windows = fc
  .record({
    n: one(2),
    c: one(3),
    window: fc.tuple(one(3), one(3)),
    places: fc.tuple(one(4), fc.oneof(one(6), fc.constantFrom(16, 20, 70))),
    stride: fc.tuple(one(3), fc.oneof(fc.constant(1), one(3))),
    dilation: fc.tuple(one(2), one(2)),
    rest: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
    dtype: floatDTypes,
    offset: offsets,
  })
  .chain((sizes) => {
    const { n, c, window, places, stride, dilation, rest, dtype } = sizes;
    const pixels = window.map(
      (length, i) => (length - 1) * dilation[i] + (places[i] - 1) * stride[i] + 1 + Math.min(rest[i], stride[i] - 1),
    );
    const image = [n, c, ...pixels];
    const patches = [n, c, ...window, ...places];
    const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
    return fc.record({
      sizes: fc.constant(sizes),
      image: fc.constant(image),
      patches: fc.constant(patches),
      pixels: elementsOf(dtype, size(image)),
      elements: elementsOf(dtype, size(patches)),
    });
  });

describe("unfold", () => {
  law("reads all patches of an image", windows, async ({ sizes, image, patches, pixels }) => {
    const { dtype, offset, stride, dilation } = sizes;
    await expectAgreement({
      op: "unfold",
      inputs: [{ dtype, shape: image, values: pixels, offset }],
      shape: patches,
      dtype,
      attributes: { stride, dilation },
      host: unfold,
    });
  });
});

describe("fold", () => {
  law("adds patches to an image in their order", windows, async ({ sizes, image, patches, elements }) => {
    const { dtype, offset, stride, dilation } = sizes;
    await expectAgreement({
      op: "fold",
      inputs: [{ dtype, shape: patches, values: elements, offset }],
      shape: image,
      dtype,
      attributes: { stride, dilation },
      host: fold,
    });
  });
});
