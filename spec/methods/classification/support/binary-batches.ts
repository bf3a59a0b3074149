import { type Tensor, tensor } from "cotangent";
import { numbers } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";

/** Probabilities of the positive class, and labels among which both classes are. */
export interface BinaryBatch {
  readonly p: Float64Array;
  readonly y: Int32Array;
}

/** Two to seven examples; probabilities keep `distance` from ½. */
export function binaryBatches(
  distance = 0,
  range: { min: number; max: number } = { min: 0, max: 1 },
): Arbitrary<BinaryBatch> {
  const example = fc.record({ p: numbers(range), y: fc.constantFrom(0, 1) });
  return fc.tuple(numbers(range), numbers(range), fc.array(example, { maxLength: 5 })).map(([a, b, rest]) => {
    const away = (p: number) => (Math.abs(p - 0.5) >= distance ? p : p < 0.5 ? 0.5 - distance : 0.5 + distance);
    return {
      p: Float64Array.from([a, b, ...rest.map((one) => one.p)], away),
      y: Int32Array.from([1, 0, ...rest.map((one) => one.y)]),
    };
  });
}

export const probabilitiesOf = ({ p }: BinaryBatch): Tensor => tensor(p);
export const labelsOf = ({ y }: BinaryBatch): Tensor<"i32"> => tensor(y);
