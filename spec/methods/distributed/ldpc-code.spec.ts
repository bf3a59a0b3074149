import { randomKey } from "cotangent";
import { encodeRows, LdpcCode, mdsCode, peelingDecode, regularParityCheck } from "cotangent/methods/distributed";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import {
  checksOf,
  codeCases,
  erasedOf,
  isStoppingSet,
  positionsOf,
  rowsOf,
  subsetsOf,
  syndrome,
} from "./support/codes.js";

const messages = floats([12 * 2]);
const without = (rows: readonly Float64Array[], erased: readonly number[]) =>
  new Map(rows.flatMap((row, i) => (erased.includes(i) ? [] : [[i, row] as const])));

describe("LdpcCode", () => {
  law("is exact without erasures, and its codewords meet all checks", codeCases, messages, async (recipe, numbers) => {
    const code = new LdpcCode(await checksOf(recipe));
    const message = rowsOf(numbers, 2).slice(0, code.dimension);
    const codeword = encodeRows(code, message);
    expect(syndrome(code.parityCheck, codeword)).toBeLessThan(1e-11);
    const { values, iterations, operations } = code.decode(without(codeword, []));
    expect(values).toEqual(message);
    expect([iterations, operations]).toEqual([0, 0]);
  });

  law("decodes what it says is recoverable, as peeling does", codeCases, messages, async (recipe, numbers) => {
    const code = new LdpcCode(await checksOf(recipe));
    const codeword = encodeRows(code, rowsOf(numbers, 2).slice(0, code.dimension));
    const erased = erasedOf(recipe);
    const peeled = peelingDecode(code.parityCheck, codeword, erased);
    const decoded = code.decode(without(codeword, erased));
    expect(decoded.values).toEqual(peeled.values.slice(0, code.dimension));
    expect([...code.recoverable(erased)]).toEqual(decoded.values.map((row) => (row === undefined ? 0 : 1)));
    expect(decoded.iterations).toBe(peeled.iterations);
    expect(decoded.operations).toBeLessThanOrEqual(peeled.operations);
  });

  law("stops after the given iterations", codeCases, async (recipe) => {
    const checks = await checksOf(recipe);
    for (const iterations of [0, 1, 2]) {
      const code = new LdpcCode(checks, { iterations });
      const zeros = positionsOf(code.length).map(() => [0]);
      const { unrecovered } = peelingDecode(code.parityCheck, zeros, erasedOf(recipe), { iterations });
      const expected = positionsOf(code.dimension).map((i) => (unrecovered.includes(i) ? 0 : 1));
      expect([...code.recoverable(erasedOf(recipe))]).toEqual(expected);
      const decoded = code.decode(new Map(zeros.flatMap((row, i) => (erasedOf(recipe).includes(i) ? [] : [[i, row]]))));
      expect(decoded.values.map((row) => (row === undefined ? 0 : 1))).toEqual(expected);
    }
  });

  law(
    "recovers all from fewer erasures than the smallest stopping set has",
    codeCases,
    messages,
    async (recipe, numbers) => {
      const code = new LdpcCode(await checksOf(recipe));
      const patterns = [...subsetsOf(positionsOf(code.length))];
      const stopping = patterns.filter((set) => set.length > 0 && isStoppingSet(code.parityCheck, new Set(set)));
      const smallest = Math.min(...stopping.map((set) => set.length));
      const message = rowsOf(numbers, 2).slice(0, code.dimension);
      const codeword = encodeRows(code, message);
      for (const pattern of patterns.filter((set) => set.length < smallest)) {
        const { values } = code.decode(without(codeword, pattern));
        await expectClose(
          values.flatMap((row) => [...(row ?? [])]),
          message.flatMap((row) => [...row]),
        );
      }
    },
  );

  it("computes only what the message depends on", () => {
    const checks = {
      length: 3,
      positions: [Int32Array.of(0, 1), Int32Array.of(1, 2)],
      coefficients: [Float64Array.of(1, 2), Float64Array.of(1, 2)],
    };
    const code = new LdpcCode(checks); // position 0 is the message; the two others are parity
    const codeword = encodeRows(code, [[8]]);
    expect(codeword.map(([x]) => x)).toEqual([8, -4, 2]);
    expect(code.decode(without(codeword, [1, 2])).operations).toBe(0);
    expect(code.decode(without(codeword, [0, 2])).operations).toBe(2);
    const chain = code.decode(without(codeword, [0, 1]));
    expect([chain.operations, chain.iterations, chain.values[0]?.[0]]).toEqual([4, 2, 8]);
  });

  it("takes fewer operations than an exact solve, with 40 positions of dimension 20", async () => {
    const sparse = new LdpcCode(await regularParityCheck({}, randomKey(1)));
    const dense = await mdsCode({ length: 40, dimension: 20 }, randomKey(2));
    const message = positionsOf(20).map((i) => [i, 1]);
    const [a, b] = [encodeRows(sparse, message), encodeRows(dense, message)];
    for (const count of [2, 5, 8, 10, 12]) {
      let [peeling, solving] = [0, 0];
      for (let shift = 0; shift < 40; shift++) {
        const erased = positionsOf(count).map((i) => (7 * i + shift) % 40);
        const recoverable = sparse.recoverable(erased).every((found) => found === 1);
        if (!recoverable) continue; // only where both are exact
        peeling += sparse.decode(without(a, erased)).operations;
        solving += dense.decode(without(b, erased)).operations;
      }
      expect(peeling).toBeGreaterThan(0);
      expect(peeling).toBeLessThan(solving);
    }
  });

  it("names the argument that is wrong", async () => {
    const checks = await regularParityCheck({ length: 12 }, randomKey(1));
    expect(() => new LdpcCode(checks, { iterations: -1 })).toThrow(
      "LdpcCode: iterations is -1 but must be a whole number ≥ 0",
    );
    const code = new LdpcCode(checks);
    expect(() => code.recoverable([12])).toThrow(
      "recoverable: erased holds 12 but must hold different positions in [0, 12)",
    );
    expect(() => code.decode(new Map([[-1, [0]]]))).toThrow(
      "decode: received holds -1 but must hold different positions in [0, 12)",
    );
    const dependent = {
      ...checks,
      positions: [checks.positions[0], checks.positions[0]],
      coefficients: checks.coefficients.slice(0, 2),
    };
    expect(() => new LdpcCode(dependent)).toThrow(
      "systematicGenerator: parityCheck has linearly dependent checks but must have 2 independent ones; draw another",
    );
  });
});
