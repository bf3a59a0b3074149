import { createRequire } from "node:module";
import { dirname } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";

setWasmPaths(`${dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"))}/`);
await tf.setBackend("wasm");
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
