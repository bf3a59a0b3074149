import { grad, nn, numpy as np } from "@jax-js/jax";

const x = np.array([[1, 2]]);
const targets = np.array([[1, 0, 0]]);
const loss = (weights) => nn.logSoftmax(np.matmul(x.ref, weights)).mul(targets.ref).sum().neg();
console.log(
  grad(loss)(
    np.array([
      [1, 0, 0],
      [0, 1, 0],
    ]),
  ).dataSync(),
);
