import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { differences, isSubnormal, missing, type OnDevice, onDevice, strided } from "./on-device.js";
import { reference, ulpsOff, ulpsOffSum } from "./reference.js";

/** Ulps that no result may be off by, where sums with terms of both signs are measured by the largest of them. */
const bounds: Readonly<Record<string, number>> = {
  cos: 1.8,
  erf: 1.3,
  exp: 1,
  expm1: 1.4,
  lgamma: 3,
  log: 0.9,
  log1p: 0.9,
  polygamma0: 5,
  polygamma1: 8,
  polygamma2: 16,
  polygamma3: 16,
  polygamma8: 40,
  polygamma20: 60,
  sigmoid: 2,
  sin: 1.8,
  softplus: 2,
  tanh: 1.5,
};

/** The same above 0, where no terms have different signs. */
const boundsAbove: Readonly<Record<string, number>> = { polygamma0: 4, polygamma1: 3.5, polygamma2: 5, polygamma3: 6 };

/** The worst that a search of many found, and what was worse before a compiler was kept from cancelling a 1. */
const worst: Readonly<Record<string, readonly number[]>> = {
  cos: [20399641329664, 3419.10009765625, 1333.5748291015625],
  lgamma: [0.8294036984443665, 1.5675472021102905, 4.08e36],
  log1p: [-0.38559702038764954, 0.28341957926750183],
  sigmoid: [-1.959227204322815, -1.993505597114563, -1.9713878631591797, -4.150951385498047],
  sin: [-6.23605612641437e26, 3603.28173828125, 1.4886089190358805e28],
  tanh: [0.6434983015060425],
};

/** Where the reference takes too long, or is no longer exact itself. */
const least: Readonly<Record<string, number>> = { lgamma: -1e5, polygamma: -1e3 };

describe.skipIf(missing)(`functions on a WebGPU device${missing === undefined ? "" : `: ${missing}`}`, () => {
  describe.each(Object.entries(bounds))("%s", (op, bound) => {
    const isSum = op === "lgamma" || op.startsWith("polygamma");
    const from = least[op.replace(/\d+$/, "")] ?? -Infinity;
    let four: OnDevice;
    let one: OnDevice;
    beforeAll(async () => {
      four = await onDevice(op, 4);
      one = await onDevice(op, 1);
    });

    const check = async (x: Float32Array): Promise<void> => {
      const y = await four(x);
      let [most, at] = [0, 0];
      for (let i = 0; i < x.length; i++) {
        if (isSubnormal(x[i]) || x[i] < from) continue;
        const exact = reference[op](x[i]);
        const off = isSum ? ulpsOffSum(op, x[i], y[i], exact) : ulpsOff(y[i], exact);
        // As a share of what is allowed.
        const share = off / (x[i] > 0 ? (boundsAbove[op] ?? bound) : bound);
        if (!(share <= most)) [most, at] = [share, x[i]];
      }
      expect(most, `at ${at}`).toBeLessThanOrEqual(1);
      expect(differences(await one(x), y)).toBe(0);
    };

    it(`is within ${bound} ulps all through the singles, the same for both lane counts`, async () => {
      for (const x of strided(isSum ? 1_499_977 : 99_991)) await check(x);
    });

    it(`is within ${bound} ulps where numbers are of everyday size`, async () => {
      const stride = isSum ? 99_991 : 19_997;
      for (const sign of [0, 2 ** 31]) {
        for (const x of strided(stride, sign + 0x38000000, sign + 0x47800000)) await check(x);
      }
    });

    it(`is within ${bound} ulps where it was worst`, async () => {
      await check(Float32Array.from(worst[op] ?? [1]));
    });

    it(`is within ${bound} ulps for any bits`, async () => {
      const patterns = fc.array(fc.nat(2 ** 32 - 1), { minLength: 4, maxLength: 256 });
      await fc.assert(
        fc.asyncProperty(patterns, (bits) => check(new Float32Array(Uint32Array.from(bits).buffer))),
        { seed: 1, numRuns: 20 },
      );
    });
  });

  it("lgamma is within 8 ulps or 1e-6 near its zeros below 0", async () => {
    const lgamma = await onDevice("lgamma", 4);
    for (const x of strided(997, 0xbf000000, 0xc1700000)) {
      const y = await lgamma(x);
      const off = y.map((value, i) => {
        const exact = reference.lgamma(x[i]);
        return ulpsOff(value, exact) <= 8 ? 0 : Math.abs(value - exact);
      });
      expect(off.reduce((a, b) => Math.max(a, b))).toBeLessThan(1e-6);
    }
  });

  it("polygamma0 keeps its digits at its zero", async () => {
    const digamma = await onDevice("polygamma0", 4);
    for (const x of strided(1, 0x3fbb16c3 - 4096, 0x3fbb16c3 + 4096)) {
      const y = await digamma(x);
      // The reference itself is off by some 1e-16 here, where it is 1e-8 at least.
      expect(y.every((value, i) => ulpsOff(value, reference.polygamma0(x[i])) <= 4)).toBe(true);
    }
  });
});
