import { grad, tensor } from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";

const backend = wasm({ threads: 1 });
const x = tensor([[1, 2]], { backend });
const labels = tensor(Int32Array.of(0), { backend });
const loss = (weights) => sparseSoftmaxCrossEntropy(x.matmul(weights), labels).mean();
const weights = tensor(
  [
    [1, 0, 0],
    [0, 1, 0],
  ],
  { backend },
);
console.log(await grad(loss)(weights).data());
