import { type Tensor, tensor } from "cotangent";
import { describe, expect, it } from "vitest";
import { checkClassIds } from "../../src/methods/class-ids.js";

const ids = (...values: number[]) => tensor(Int32Array.from(values));

describe("checkClassIds", () => {
  it("names the first id that is no class, and passes over what is not at hand", () => {
    checkClassIds("f", { labels: ids(0, 2), others: ids() }, 3);
    expect(() => checkClassIds("f", { computed: ids(1).add(5), labels: ids(0, 1), others: ids(0, 3, -1) }, 3)).toThrow(
      new RangeError("f: others holds 3 at 1 but must be in [0, 3)"),
    );
    expect(() => checkClassIds("f", { labels: ids(-1) }, 3)).toThrow(
      new RangeError("f: labels holds -1 at 0 but must be in [0, 3)"),
    );
    expect(() => checkClassIds("f", { labels: tensor([0]) as Tensor as never }, 3)).toThrow(
      "f: labels is f32 but must be i32",
    );
  });
});
