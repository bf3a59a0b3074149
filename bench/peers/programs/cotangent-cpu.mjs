// The gradient of a linear softmax classifier: what an embedder starts, and ships, for one method.
import { grad, tensor } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";

const x = tensor([[1, 2]]);
const labels = tensor(Int32Array.of(0));
const loss = (weights) => sparseSoftmaxCrossEntropy(x.matmul(weights), labels).mean();
console.log(
  await grad(loss)(
    tensor([
      [1, 0, 0],
      [0, 1, 0],
    ]),
  ).data(),
);
