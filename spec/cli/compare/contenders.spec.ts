import { describe, expect, it } from "vitest";
import { contendersOf } from "../../../cli/src/compare/contenders.js";

describe("contendersOf", () => {
  it("names losses, some with a sampler, under the same conditions", () => {
    const [full, uniform, adversarial] = contendersOf(
      "compare",
      "full-softmax, sampled-softmax:uniform,adversarial-softmax",
      { dim: 8 },
      50,
    );
    expect(full).toMatchObject({ title: "full softmax", options: {}, recipe: { loss: "full-softmax", dim: 8 } });
    expect(uniform).toMatchObject({
      name: "sampled-softmax:uniform",
      title: "sampled softmax, q uniform",
      options: { sampler: "uniform", negatives: 50 },
      recipe: { loss: "sampled-softmax", sampler: "uniform", negatives: 50, dim: 8 },
    });
    expect(adversarial!.recipe.negatives).toBe(1);
  });

  it.each(["softmax", "full-softmax:uniform", "sampled-softmax:zipf", "nce:uniform:x", ""])(
    "does not know %j",
    (name) => {
      expect(() => contendersOf("compare", name, {})).toThrow(
        new RegExp(
          `^compare: --methods has ${JSON.stringify(name)} but must have some of full-softmax, sampled-softmax, `,
        ),
      );
    },
  );

  it("takes no method twice", () => {
    expect(() => contendersOf("compare", "nce,nce", {})).toThrow(
      "compare: --methods has nce twice but must name each method once",
    );
  });
});
