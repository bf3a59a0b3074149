import { describe, expect, it } from "vitest";
import { finiteNumber, wholeNumber } from "../../cli/src/numbers.js";

describe("numbers of options", () => {
  it("are read in decimal notation only", () => {
    const whole = wholeNumber("train", "--n", 1);
    expect(whole("0012")).toBe(12);
    for (const text of ["", "0", "-1", "1.0", "1e3", "0x10", " 1", "9007199254740993"]) {
      expect(() => whole(text)).toThrow(`train: --n is ${JSON.stringify(text)} but must be a whole number ≥ 1`);
    }
    const finite = finiteNumber("train", "--x", 0, "above");
    expect([".5", "1.", "2.5e-3", "+1"].map(finite)).toEqual([0.5, 1, 0.0025, 1]);
    for (const text of ["", "0", "-1", "Infinity", "1e999", "0x1", "1,5", "nan"]) {
      expect(() => finite(text)).toThrow(`train: --x is ${JSON.stringify(text)} but must be a finite number > 0`);
    }
    expect(finiteNumber("train", "--x", 0, "from")("0")).toBe(0);
  });
});
