export { type LinearSoftmaxCrossEntropyOptions, linearSoftmaxCrossEntropy } from "./linear-softmax-cross-entropy.js"; // sparse cross-entropy of a linear layer, its logits never held — Milakov and Gimelshein 2018
export { type SoftmaxCrossEntropyOptions, softmaxCrossEntropy } from "./softmax-cross-entropy.js"; // cross-entropy with soft targets, the exact reference — Cox 1958
export { type SparseSoftmaxCrossEntropyOptions, sparseSoftmaxCrossEntropy } from "./sparse-softmax-cross-entropy.js"; // cross-entropy with one class an example, the exact reference — Cox 1958
