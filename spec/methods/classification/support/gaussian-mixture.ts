import { cast, evaluate, gather, type Key, normal, randomInt, type Tensor } from "cotangent";

export interface GaussianMixture {
  /** `[classes, d]`, f64. */
  readonly means: Tensor;
  /** `count` points from it, and the class that each came from; unit covariance, classes equally likely. */
  readonly sample: (key: Key, count: number) => { readonly points: Tensor; readonly labels: Tensor<"i32"> };
}

/** A mixture whose means are normal with the given deviation. */
export function gaussianMixture(key: Key, classes: number, width: number, deviation: number): GaussianMixture {
  const means = evaluate(cast(normal(key, [classes, width]), "f64").mul(deviation));
  const sample = (from: Key, count: number) => {
    const labels = randomInt(from.at("labels"), [count], classes);
    const noise = cast(normal(from.at("noise"), [count, width]), "f64");
    return evaluate({ labels, points: gather(means, labels).add(noise) });
  };
  return { means, sample };
}
