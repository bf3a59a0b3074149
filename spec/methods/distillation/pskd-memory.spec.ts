import { grad, type Tensor, tensor } from "cotangent";
import { initPskdMemory, readPskdMemory, writePskdMemory } from "cotangent/methods/distillation";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { matrix, softRows } from "./support/logit-pairs.js";

const like = { backend: tensor([1]).backend, dtype: "f64" } as const;
const idsOf = (...ids: number[]) => tensor(Int32Array.from(ids));

describe("the memory of past predictions", () => {
  law("holds the last prediction of each example, zeros before", floats([6]), floats([6]), async (a, b) => {
    const first = writePskdMemory(initPskdMemory(4, 3, like), idsOf(2, 0), matrix(a, 3));
    const second = writePskdMemory(first, idsOf(0, 3), matrix(b, 3));
    const [p, q] = [softRows(a, 3), softRows(b, 3)];
    await expectClose(readPskdMemory(second, idsOf(0, 1, 2, 3)), [...q[0], 0, 0, 0, ...p[0], ...q[1]], {
      tolerance: 1e-14,
    });
    await expectClose(readPskdMemory(second, idsOf(3, 3)), [...q[1], ...q[1]], { tolerance: 1e-14 });
  });

  law(
    "does not depend on the order of the data",
    floats([12]),
    fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4, maxLength: 4 }),
    async (logits, order) => {
      const inOrder = (ids: number[]) => {
        let memory = initPskdMemory(4, 3, like);
        for (const id of ids) memory = writePskdMemory(memory, idsOf(id), matrix(logits.slice(3 * id, 3 * id + 3), 3));
        return memory;
      };
      await expectClose(inOrder(order), inOrder([0, 1, 2, 3]), { tolerance: 0 });
    },
  );

  it("has no gradient, what is written or what is read", async () => {
    const memory = initPskdMemory(2, 3, like);
    const written = (z: Tensor) => writePskdMemory(memory, idsOf(1), z).sum();
    await expectClose(grad(written)(matrix(Float64Array.of(1, 2, 4), 3)), [0, 0, 0], { tolerance: 0 });
    const read = (m: Tensor) => readPskdMemory(m, idsOf(1)).sum();
    await expectClose(
      grad(read)(
        matrix(Float64Array.of(1, 2, 4), 3)
          .add(0)
          .reshape([3, 1]),
      ),
      [0, 0, 0],
      { tolerance: 0 },
    );
  });

  it("names what is wrong", () => {
    const memory = initPskdMemory(2, 3, like);
    const z = matrix(Float64Array.of(1, 2, 3), 3);
    expect(() => initPskdMemory(0, 3, like)).toThrow("initPskdMemory: examples is 0 but must be a whole number ≥ 1");
    expect(() => initPskdMemory(2, 1, like)).toThrow("initPskdMemory: classes is 1 but must be a whole number ≥ 2");
    expect(() => readPskdMemory(memory, idsOf(2))).toThrow("readPskdMemory: ids holds 2 at 0 but must be in [0, 2)");
    expect(() => readPskdMemory(memory.sum(1), idsOf(1))).toThrow(
      "readPskdMemory: memory has shape [2] but must have 2 axes",
    );
    expect(() => readPskdMemory(memory, idsOf(1).reshape([1, 1]))).toThrow(
      "readPskdMemory: ids has shape [1, 1] but must have 1 axis",
    );
    expect(() => writePskdMemory(memory.sum(1), idsOf(0), z)).toThrow(
      "writePskdMemory: memory has shape [2] but must have 2 axes",
    );
    const ints = tensor(Int32Array.of(1, 2, 3), { shape: [1, 3] }) as unknown as Tensor;
    expect(() => writePskdMemory(memory, idsOf(0), ints)).toThrow(
      "writePskdMemory: logits is i32 but must be f32 or f64; cast it",
    );
    expect(() => writePskdMemory(memory, idsOf(-1), z)).toThrow(
      "writePskdMemory: ids holds -1 at 0 but must be in [0, 2)",
    );
    expect(() => writePskdMemory(memory, idsOf(0, 1), z)).toThrow(
      "writePskdMemory: logits has shape [1, 3] but must be [2, 3]",
    );
    expect(() => writePskdMemory(memory, idsOf(0), matrix(Float64Array.of(1, NaN, 3), 3))).toThrow(
      "writePskdMemory: logits holds NaN at 1 but must hold finite numbers",
    );
  });
});
