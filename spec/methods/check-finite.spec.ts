import { tensor } from "cotangent";
import { describe, expect, it } from "vitest";
import { checkFinite } from "../../src/methods/check-finite.js";

describe("checkFinite", () => {
  it("names the first value that is not finite, and passes over what is not at hand", () => {
    const [good, bad] = [tensor([1, 2]), tensor([1, Number.NEGATIVE_INFINITY, Number.NaN])];
    checkFinite("f", { good });
    expect(() => checkFinite("f", { computed: good.add(1), good, bad })).toThrow(
      new RangeError("f: bad holds -Infinity at 1 but must hold finite numbers"),
    );
    expect(() => checkFinite("f", { good: tensor([Number.NaN]) })).toThrow(
      new RangeError("f: good holds NaN at 0 but must hold finite numbers"),
    );
  });
});
