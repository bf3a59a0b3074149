import { exp, logSumExp, square, stack, type Tensor } from "cotangent";

const [PLACE, WIDTH] = [2, 0.5];
const normalLog = (x: Tensor, mean: number, deviation: number): Tensor =>
  square(x.sub(mean).div(deviation))
    .mul(-0.5)
    .sub(Math.log(deviation * Math.sqrt(2 * Math.PI)));

/** log ½N(−2, ½²) + ½N(2, ½²), elementwise. */
export function teacherLog(x: Tensor): Tensor {
  return logSumExp(stack([normalLog(x, -PLACE, WIDTH), normalLog(x, PLACE, WIDTH)]), 0).sub(Math.LN2);
}

/** Its derivative. */
export function teacherScore(x: Tensor): Tensor {
  const odds = exp(x.mul((2 * PLACE) / WIDTH ** 2));
  const share = odds.div(odds.add(1)); // of the right mode
  return share
    .mul(2 * PLACE)
    .sub(PLACE)
    .sub(x)
    .div(WIDTH ** 2);
}

/** x = μ + s·z of standard normal z, and what the student's law says of it. */
export interface StudentSamples {
  readonly x: Tensor;
  readonly ratio: Tensor;
  readonly score: Tensor;
}

/** Of a student N(μ, s²), `mean` and `logDeviation` scalars. */
export function studentSamples(mean: Tensor, logDeviation: Tensor, z: Tensor): StudentSamples {
  const deviation = exp(logDeviation);
  const x = mean.add(deviation.mul(z));
  const own = square(z)
    .mul(-0.5)
    .sub(logDeviation)
    .sub(0.5 * Math.log(2 * Math.PI));
  return { x, ratio: exp(teacherLog(x).sub(own)), score: z.div(deviation).neg() };
}
