import { type Tensor, tensor } from "cotangent";
import {
  conditionalCsDivergence,
  csInformationBottleneckLoss,
  normalizedCsMutualInformation,
} from "cotangent/methods/divergence";
import { checkGradient, distinctFloats, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { beside } from "../../support/extreme-inputs.js";
import { finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { matrix } from "./support/samples.js";

const n = 4;
const [predictions, targets, inputs, codes] = [floats([n]), floats([n]), floats([2 * n]), distinctFloats([n], 0.3)];
const batches = [predictions, targets, inputs, codes] as const;

describe("csInformationBottleneckLoss", () => {
  law(
    "is the conditional divergence and β times the information",
    ...batches,
    numbers({ min: 0, max: 2 }),
    async (...of) => {
      const [z, y, x, t] = [matrix(of[0], 1), matrix(of[1], 1), matrix(of[2], 2), matrix(of[3], 1)];
      const conditional = { inputWidth: 0.8, outputWidth: 1.2, normalization: "sumOfSquares", base: 2 } as const;
      const found = csInformationBottleneckLoss(z, y, x, t, { ...conditional, codeWidth: 0.9, beta: of[4] });
      const information = normalizedCsMutualInformation(x, t, { inputWidth: 0.8, codeWidth: 0.9 });
      const expected = conditionalCsDivergence(z, y, x, conditional).add(information.mul(of[4]));
      await expectClose(found, expected, { tolerance: 1e-12 });
      const plain = csInformationBottleneckLoss(z, y, x, t);
      const usual = conditionalCsDivergence(z, y, x).add(normalizedCsMutualInformation(x, t).mul(0.01));
      await expectClose(plain, usual, { tolerance: 1e-12 });
    },
  );

  it("has a right gradient by all it takes", async () => {
    const of = (p: Record<"z" | "y" | "x" | "t", Tensor>) =>
      csInformationBottleneckLoss(p.z, p.y, p.x, p.t, { beta: 0.5 });
    const [z, y] = [matrix([0.3, 1, -1], 1), matrix([0, 1.5, -2], 1)];
    const at = { z, y, x: matrix([0, 1, 2.5, -1, 0.4, 2], 2), t: matrix([1, -0.5, 3], 1) };
    await checkGradient(of, at, { order: 2 });
  });

  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement((backend) => {
      const of = (width: number, phase: number) =>
        tensor(
          Float32Array.from({ length: 5 * width }, (_, i) => 2 * Math.sin(2 * i + phase)),
          { shape: [5, width], backend },
        );
      return csInformationBottleneckLoss(of(1, 0), of(1, 1), of(3, 2), of(2, 3), { beta: 1 });
    });
  });

  it("names what is wrong", () => {
    const z = tensor([[1], [2]]);
    const three = tensor([[1], [2], [3]]);
    const call =
      (...of: Parameters<typeof csInformationBottleneckLoss>) =>
      () =>
        csInformationBottleneckLoss(...of);
    expect(call(z, z, z, z, { beta: -1 })).toThrow(
      "csInformationBottleneckLoss: beta is -1 but must be a finite number ≥ 0",
    );
    expect(call(z, three, z, z)).toThrow(
      "csInformationBottleneckLoss: targets has shape [3, 1] but must match predictions, [2, 1]",
    );
    expect(call(z, z, three, z)).toThrow(
      "csInformationBottleneckLoss: inputs has 3 rows but must have 2, as predictions has",
    );
    expect(call(z, z, z, three)).toThrow(
      "csInformationBottleneckLoss: codes has 3 rows but must have 2, as inputs has",
    );
    expect(call(z, z, z, tensor([[1], [Number.NaN]]))).toThrow(
      "csInformationBottleneckLoss: codes holds NaN at 1 but must hold finite numbers",
    );
    expect(call(z, z, z, z, { codeWidth: 0 })).toThrow(
      "csInformationBottleneckLoss: codeWidth is 0 but must be a finite number > 0",
    );
    expect(call(z, z, z, z, { inputWidth: 0 })).toThrow(
      "csInformationBottleneckLoss: inputWidth is 0 but must be a finite number > 0",
    );
  });
});

const waves = (x: Tensor, scale: number) =>
  beside(
    x,
    Array.from({ length: SIZE * SIZE }, (_, i) => scale * Math.sin(Math.floor(i / SIZE) + (i % SIZE))),
    [SIZE, SIZE],
  );
const line = (x: Tensor) =>
  beside(
    x,
    Array.from({ length: SIZE }, (_, i) => i / 4),
    [SIZE, 1],
  );
finiteAtExtremes(
  "csInformationBottleneckLoss",
  {
    // a width of the predictions' size: distances of 10⁴ widths tell no targets apart in single precision
    predictions: (x) =>
      csInformationBottleneckLoss(x, waves(x, 1), line(x), waves(x, 1), { beta: 1, outputWidth: 1e4 }),
    codes: (x) => csInformationBottleneckLoss(waves(x, 0.5), waves(x, 1), line(x), x, { beta: 1 }),
  },
  { degree: 2 },
);
