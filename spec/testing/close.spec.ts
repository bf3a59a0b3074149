import { tensor } from "cotangent";
import { checkClose } from "cotangent/testing";
import { describe, expect, it } from "vitest";

describe("checkClose", () => {
  it("accepts what agrees, infinities and NaN too", async () => {
    await checkClose(tensor([1, Number.NaN, Number.POSITIVE_INFINITY]), [1, Number.NaN, Number.POSITIVE_INFINITY]);
    await checkClose([1e6 + 1e-4], [1e6]);
    await checkClose(tensor(2), 2);
  });

  it("says which element differs and by how much", async () => {
    await expect(checkClose([1, 2], [1, 2.5])).rejects.toThrow(
      "checkClose: element 1 is 2 but must be 2.5; they differ by 0.5, allowed 1e-9",
    );
    await expect(checkClose([1], [1, 2])).rejects.toThrow("checkClose: there are 1 values but must be 2");
  });

  it("allows 1e-9, absolutely up to 1 and relatively beyond, or what it is told", async () => {
    for (const size of [0, 0.25, 1, -0.5]) {
      await checkClose([size + 0.9e-9], [size]);
      await expect(checkClose([size + 1.1e-9], [size])).rejects.toThrow("checkClose: element 0 is");
    }
    for (const size of [1e6, -1e6]) {
      await checkClose([size + 0.9e-3], [size]);
      await expect(checkClose([size - 1.1e-3], [size])).rejects.toThrow("checkClose: element 0 is");
    }
    await checkClose([1.25], [1], { tolerance: 0.25 });
    await expect(checkClose([1.25], [1], { tolerance: 0.2 })).rejects.toThrow(
      "checkClose: element 0 is 1.25 but must be 1; they differ by 0.25, allowed 0.2",
    );
  });

  it("takes nothing for infinity but infinity, of the same sign", async () => {
    const { POSITIVE_INFINITY: most, NEGATIVE_INFINITY: least } = Number;
    for (const [got, wanted] of [
      [1, most],
      [least, most],
      [most, 1],
      [Number.NaN, most],
      [1, Number.NaN],
    ]) {
      await expect(checkClose([got], [wanted])).rejects.toThrow("checkClose: element 0 is");
    }
  });
});
