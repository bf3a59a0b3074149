import { evaluate, gather, type Key, less, normal, randomInt, type Tensor, uniform, where } from "cotangent";
import { initMlp, type LinearParameters } from "cotangent/methods/layers";

export const CLASSES = 10;
export const WIDTH = 20;
const MODES = 2;

export interface Examples {
  /** `[count, ...]` */
  readonly x: Tensor;
  readonly labels: Tensor<"i32">;
}

/** Points, a share of whose labels is drawn anew from all classes. */
export type Sample = (key: Key, count: number, labelNoise?: number) => Examples;

/** Ten classes, each of two modes at normal places in R²⁰, with unit noise around them. */
export function twoModeClasses(key: Key): Sample {
  const modes = evaluate(normal(key, [CLASSES * MODES, WIDTH]));
  return (from, count, labelNoise = 0) => {
    const classes = randomInt(from.at("classes"), [count], CLASSES);
    const mode = classes.mul(MODES).add(randomInt(from.at("modes"), [count], MODES));
    const x = gather(modes, mode).add(normal(from.at("noise"), [count, WIDTH]));
    const isNoisy = less(uniform(from.at("isNoisy"), [count]), labelNoise);
    const labels = where(isNoisy, randomInt(from.at("anew"), [count], CLASSES), classes);
    return evaluate({ x, labels });
  };
}

/** A perceptron with one hidden layer, all weights by He's rule. */
export const initHidden = (key: Key, hidden: number): LinearParameters[] =>
  initMlp(key, [WIDTH, hidden, CLASSES], { lastGain: Math.SQRT2 });
