/** A program that says nothing of laws: the library alone has to do for it. */
export const withoutPeer: string = `
import { defaultBackend, grad, normal, randomKey, type Tensor, tensor, zeros } from "cotangent";
import { cpu } from "cotangent/backends/cpu";
import { webgpu } from "cotangent/backends/webgpu";
import { readSvmlight } from "cotangent/data";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { adagrad, optimize } from "cotangent/methods/optimizers";
import { sampledSoftmaxLoss, uniformSampler } from "cotangent/methods/sampling";

export const inputs: Tensor = tensor([[1, 0], [0, 1]]);
export const labels: Tensor<"i32"> = tensor(Int32Array.of(0, 1));
const loss = ({ weights }: { weights: Tensor }) => sparseSoftmaxCrossEntropy(inputs.matmul(weights), labels).mean();
export const slope: Tensor = grad((weights: Tensor) => loss({ weights }))(zeros([2, 3]));
export const training = optimize(loss, { weights: zeros([2, 3]) }, adagrad({ learningRate: 0.5 }));
export const last: Promise<number> = training.step();
const table = { weights: zeros([9, 2]) };
export const sampled: Tensor = sampledSoftmaxLoss(
  inputs, table, labels, uniformSampler({ classes: 9 }), randomKey(1), { negatives: 4 },
);
export const noise: Tensor = normal(randomKey(2), [3], {});
export const names: readonly string[] = [defaultBackend.name, cpu().name];
export const device: Promise<{ readonly name: string } | undefined> = webgpu();
export const read = readSvmlight;
// @ts-expect-error -- class ids where scores belong
sparseSoftmaxCrossEntropy(labels, inputs);
`;

/** A program that proves a loss of its own, too. */
export const consumer: string = `${withoutPeer}
import { checkGradient, lawsFor } from "cotangent/testing";
export const proof: Promise<unknown> = checkGradient((x: Tensor) => x.mul(x).sum(), tensor([1, 2, 3]));
export const laws = lawsFor;
`;
