import { tensor } from "cotangent";
import { pairSets } from "cotangent/methods/metric";
import { ids } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const like = tensor(new Float64Array(1));

describe("pairSets", () => {
  law("are the others of the class, and all of other classes", ids(5, 3), async (labels) => {
    const { positive, negative } = pairSets(tensor(labels), like);
    const pairs = Array.from({ length: 25 }, (_, at) => [Math.floor(at / 5), at % 5]);
    await expectClose(
      positive,
      pairs.map(([i, j]) => Number(i !== j && labels[i] === labels[j])),
      { tolerance: 0 },
    );
    await expectClose(
      negative,
      pairs.map(([i, j]) => Number(labels[i] !== labels[j])),
      { tolerance: 0 },
    );
  });

  it("says what is wrong with its input", () => {
    expect(() => pairSets(tensor([1, 2]) as never, like)).toThrow("pairSets: labels is f32 but must be i32");
    expect(() => pairSets(tensor(Int32Array.of(1, 2), { shape: [1, 2] }) as never, like)).toThrow(
      "pairSets: labels has shape [1, 2] but must have 1 axis",
    );
  });
});
