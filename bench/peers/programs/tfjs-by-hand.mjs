// The least of TensorFlow.js that does it: operations, kernels and gradients each named. For a bundler alone.
import "@tensorflow/tfjs-backend-cpu/dist/base";
import { addConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Add";
import { batchMatMulConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/BatchMatMul";
import { castConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Cast";
import { expConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Exp";
import { identityConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Identity";
import { logConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Log";
import { maxConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Max";
import { multiplyConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Multiply";
import { realDivConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/RealDiv";
import { reshapeConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Reshape";
import { subConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Sub";
import { sumConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Sum";
import { transposeConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Transpose";
import { grad, registerGradient, registerKernel, setBackend } from "@tensorflow/tfjs-core/dist/base";
import { batchMatMulGradConfig } from "@tensorflow/tfjs-core/dist/gradients/BatchMatMul_grad";
import { logSoftmaxGradConfig } from "@tensorflow/tfjs-core/dist/gradients/LogSoftmax_grad";
import { multiplyGradConfig } from "@tensorflow/tfjs-core/dist/gradients/Multiply_grad";
import { sumGradConfig } from "@tensorflow/tfjs-core/dist/gradients/Sum_grad";
import { logSoftmax } from "@tensorflow/tfjs-core/dist/ops/log_softmax";
import { matMul } from "@tensorflow/tfjs-core/dist/ops/mat_mul";
import { mul } from "@tensorflow/tfjs-core/dist/ops/mul";
import { sum } from "@tensorflow/tfjs-core/dist/ops/sum";
import { tensor2d } from "@tensorflow/tfjs-core/dist/ops/tensor2d";

const kernels = [addConfig, batchMatMulConfig, castConfig, expConfig, identityConfig, logConfig, maxConfig];
const others = [multiplyConfig, realDivConfig, reshapeConfig, subConfig, sumConfig, transposeConfig];
for (const config of [...kernels, ...others]) registerKernel(config);
const gradients = [batchMatMulGradConfig, logSoftmaxGradConfig, multiplyGradConfig, sumGradConfig];
for (const config of gradients) registerGradient(config);

await setBackend("cpu");
const x = tensor2d([[1, 2]]);
const minusTargets = tensor2d([[-1, 0, 0]]);
const loss = (weights) => sum(mul(minusTargets, logSoftmax(matMul(x, weights))));
console.log(
  grad(loss)(
    tensor2d([
      [1, 0, 0],
      [0, 1, 0],
    ]),
  ).dataSync(),
);
