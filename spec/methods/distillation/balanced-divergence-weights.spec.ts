import { grad, type Tensor, tensor } from "cotangent";
import { balancedDivergenceWeights } from "cotangent/methods/distillation";
import { distinctFloats, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const balances = fc.integer({ min: 2, max: 8 }).map((half) => half / 2);
const gates = fc.constantFrom("hard" as const, "soft" as const);

describe("balancedDivergenceWeights", () => {
  law(
    "stresses covering where the student is the surer, else seeking",
    floats([3]),
    floats([3]),
    balances,
    async (t, s, balance) => {
      const { forward, reverse } = balancedDivergenceWeights(tensor(t), tensor(s), { balance });
      await expectClose(
        forward,
        t.map((h, i) => (h > s[i] ? balance : 1)),
        { tolerance: 0 },
      );
      await expectClose(
        reverse,
        t.map((h, i) => (h > s[i] ? 1 : balance)),
        { tolerance: 0 },
      );
    },
  );

  law(
    "glides by a sigmoid of the gap with the soft gate",
    floats([3]),
    floats([3]),
    balances,
    balances,
    async (t, s, balance, slope) => {
      const { forward, reverse } = balancedDivergenceWeights(tensor(t), tensor(s), { balance, gate: "soft", slope });
      const expected = t.map((h, i) => 1 + (balance - 1) / (1 + Math.exp(-slope * (h - s[i]))));
      await expectClose(forward, expected, { tolerance: 1e-14 });
      await expectClose(
        reverse,
        expected.map((x) => 1 + balance - x),
        { tolerance: 1e-14 },
      );
    },
  );

  law(
    "exchanges its weights with its arguments, and with flip",
    distinctFloats([6]),
    gates,
    balances,
    async (h, gate, balance) => {
      const [t, s] = [tensor(h.slice(0, 3)), tensor(h.slice(3))];
      const plain = balancedDivergenceWeights(t, s, { gate, balance });
      const swapped = balancedDivergenceWeights(s, t, { gate, balance });
      const flipped = balancedDivergenceWeights(t, s, { gate, balance, flip: true });
      for (const other of [swapped, flipped]) {
        await expectClose(other.forward, plain.reverse, { tolerance: 1e-14 });
        await expectClose(other.reverse, plain.forward, { tolerance: 1e-14 });
      }
    },
  );

  it("seeks at a tie of the hard gate, and halves the difference with the soft one", async () => {
    const tie = tensor(Float64Array.of(0.7));
    await expectClose(balancedDivergenceWeights(tie, tie).forward, [1], { tolerance: 0 });
    await expectClose(balancedDivergenceWeights(tie, tie).reverse, [2], { tolerance: 0 });
    await expectClose(balancedDivergenceWeights(tie, tie, { gate: "soft" }).forward, [1.5], { tolerance: 0 });
    await expectClose(balancedDivergenceWeights(tie, tie, { gate: "soft" }).reverse, [1.5], { tolerance: 0 });
  });

  it("has no gradient", async () => {
    const s = tensor(Float64Array.of(0.2));
    const { forward } = { forward: (t: Tensor) => balancedDivergenceWeights(t, s, { gate: "soft" }).forward.sum() };
    await expectClose(grad(forward)(tensor(Float64Array.of(0.7))), [0], { tolerance: 0 });
    const reverse = (t: Tensor) => balancedDivergenceWeights(s, t, { gate: "soft" }).reverse.sum();
    await expectClose(grad(reverse)(tensor(Float64Array.of(0.7))), [0], { tolerance: 0 });
  });

  it("names what is wrong", () => {
    const h = tensor([1]);
    const call = (...args: Parameters<typeof balancedDivergenceWeights>) =>
      expect(() => balancedDivergenceWeights(...args));
    const name = "balancedDivergenceWeights";
    call(h, h, { balance: 0.5 }).toThrow(`${name}: balance is 0.5 but must be a finite number ≥ 1`);
    call(h, h, { slope: 0 }).toThrow(`${name}: slope is 0 but must be a finite number > 0`);
    call(h, h, { gate: "steep" as "soft" }).toThrow(`${name}: gate is "steep" but must be one of hard, soft`);
    call(h, tensor([1, 2])).toThrow(`${name}: studentEntropy has shape [2] but must match teacherEntropy, [1]`);
    call(h, tensor(Float64Array.of(1))).toThrow(
      `${name}: studentEntropy is f64 but must match teacherEntropy, f32; cast one of them`,
    );
    const ints = tensor(Int32Array.of(1)) as unknown as Tensor;
    call(ints, ints).toThrow(`${name}: teacherEntropy is i32 but must be f32 or f64; cast it`);
  });
});
