import * as tf from "@tensorflow/tfjs";

await tf.setBackend("cpu");
const x = tf.tensor2d([[1, 2]]);
const targets = tf.tensor2d([[1, 0, 0]]);
const loss = (weights) => tf.losses.softmaxCrossEntropy(targets, tf.matMul(x, weights));
console.log(
  tf
    .grad(loss)(
      tf.tensor2d([
        [1, 0, 0],
        [0, 1, 0],
      ]),
    )
    .dataSync(),
);
