// What is measured on a GPU: works of ../peers by size, with the figure that a time in milliseconds makes.
const millions = 2 ** 20;

const teraflops = (size) => (ms) => (2 * size ** 3) / ms / 1e9;
const gigabytes = (bytes) => (ms) => bytes / ms / 1e6;

const matmul = (size) => ({
  program: `matmul of [${size}, ${size}] and [${size}, ${size}]`,
  work: "matmul",
  size,
  unit: "TFLOP/s",
  figure: teraflops(size),
  tolerance: 1e-5,
});

/** `bytes`: read and written of an element, at best. */
const stream = (name, work, bytes) => (size) => ({
  program: `${name}, ${size / millions}·2²⁰ elements`,
  work,
  size,
  unit: "GB/s",
  figure: gigabytes(bytes * size),
  tolerance: work === "sum" ? 1e-4 : 1e-5,
});

const sampled = (size) => ({
  program: `sampled softmax, ${size.toLocaleString("en")} classes`,
  work: "sampled",
  size,
  unit: "",
  figure: undefined,
  tolerance: 1e-4,
});

const affine = stream("0.75 · relu(1.5x + 0.25)", "affineRelu", 8);
const gelu = stream("gelu(1.5x + 0.25)", "gelu", 8);
const gate = stream("σ(x) · tanh(y)", "gate", 12);
const sum = stream("sum", "sum", 4);

/** For a GPU, and for a software adapter, which must come to an end with it. */
export const cases = {
  full: [
    ...[1024, 2048, 4096, 8192].map(matmul),
    ...[affine, gelu, gate, sum].map((of) => of(64 * millions)),
    ...[1e4, 1e5, 1e6, 1e7].map(sampled),
  ],
  reduced: [
    ...[256, 512].map(matmul),
    ...[affine, gelu, gate, sum].map((of) => of(millions)),
    ...[1e4, 1e5].map(sampled),
  ],
};
