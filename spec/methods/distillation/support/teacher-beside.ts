import type { Tensor } from "cotangent";
import { beside } from "../../../support/extreme-inputs.js";
import { SIZE } from "../../../support/extremes.js";

/** A teacher's logits beside a student's `[SIZE, SIZE]`, between −4 and 4, in its precision. */
export const teacherBeside = (x: Tensor): Tensor =>
  beside(
    x,
    Array.from({ length: SIZE * SIZE }, (_, i) => ((5 * i * i) % 17) / 2 - 4),
    [SIZE, SIZE],
  );
