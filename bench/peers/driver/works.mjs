// What is measured: tables of cases, each a work of a size, with the figure that its time in milliseconds makes.
const millions = 1_000_000;
const rate = (amount) => (ms) => amount / ms / 1e6; // of 10⁹ a second
const perSecond = (ms) => 1000 / ms;
const microseconds = (ms) => ms * 1000;
const milliseconds = (ms) => ms;
const classes = (size) => (size < millions ? `C = ${size / 1000}k` : `C = ${size / millions}M`);

/** Elements that a chain reads and writes, 4 bytes each. */
const chain = (column, work, arrays) => ({
  column,
  work,
  size: millions,
  figure: rate(4 * arrays * millions),
  tolerance: 1e-5,
});

/**
 * `tolerance` bounds what a result's fingerprint may differ from the contenders' median, relative to its norm; `limit`
 * is what one computation may take, in seconds.
 */
export const tables = [
  {
    name: "matmul",
    title: "Matrix product",
    unit: "GFLOP/s",
    better: "more",
    text: "Two n × n matrices, f32, the result held where it was computed.",
    cases: [256, 512, 1024].map((size) => ({
      column: `n = ${size}`,
      work: "matmul",
      size,
      figure: rate(2 * size ** 3),
      tolerance: 1e-6,
    })),
  },
  {
    name: "elementwise",
    title: "Elementwise chains",
    unit: "GB/s",
    better: "more",
    text: "A million f32, read once and written once at best: gelu(1.5x + 0.25) in its tanh form, softplus(x), 0.75 · relu(1.5x + 0.25), and σ(x) · tanh(y) of two arrays.",
    cases: [
      chain("gelu", "gelu", 2),
      chain("softplus", "softplus", 2),
      chain("affine, relu", "affineRelu", 2),
      chain("gate", "gate", 3),
    ],
  },
  {
    name: "mlp",
    title: "Training a small network",
    unit: "steps/s",
    better: "more",
    text: "Relu, batch 128, softmax cross-entropy: forward, backward, SGD, and the loss read at each step.",
    cases: [{ column: "784-256-10", work: "mlp", size: 128, figure: perSecond, tolerance: 1e-4 }],
  },
  {
    name: "full",
    title: "Full softmax",
    unit: "ms",
    better: "less",
    text: "Cross-entropy of 256 vectors of 64 against C classes, with the gradients of vectors and table.",
    remarks: {
      fastText:
        "fastText trains by its own plan and tells no gradients: its figure is the processor time of 256 examples, unchecked.",
    },
    cases: [1000, 10_000, 100_000].map((size) => ({
      column: classes(size),
      work: "full",
      size,
      figure: milliseconds,
      tolerance: 1e-4,
    })),
  },
  {
    name: "sampled",
    title: "Sampled softmax",
    unit: "ms",
    better: "less",
    text: "The same from 64 shared negatives, corrected for how they are drawn; the table's gradient is row-sparse where the engine has such (cotangent, PyTorch).",
    remarks: { fastText: "fastText, as above, with its negative sampling." },
    cases: [10_000, 100_000, millions].map((size) => ({
      column: classes(size),
      work: "sampled",
      size,
      figure: milliseconds,
      tolerance: 1e-4,
    })),
  },
  {
    name: "tiny",
    title: "A tiny operation",
    unit: "µs",
    better: "less",
    text: "The sum of two arrays of four numbers, computed and let go: as it is; with its gradient; compiled beforehand, where the engine can.",
    cases: [
      { column: "a + b", work: "tiny", size: 4, figure: microseconds, tolerance: 1e-6 },
      { column: "with gradient", work: "tinyGrad", size: 4, figure: microseconds, tolerance: 1e-6 },
      { column: "compiled", work: "tinyCompiled", size: 4, figure: microseconds, tolerance: 1e-6 },
    ],
  },
  {
    name: "sum",
    title: "A long sum",
    unit: "GB/s",
    better: "more",
    text: "10⁷ times 0.1 in f32, against the exact sum of the same f32 numbers.",
    cases: [
      {
        column: "10⁷ numbers",
        work: "sum",
        size: 1e7,
        figure: rate(4e7),
        tolerance: Number.POSITIVE_INFINITY,
        exact: 1e7 * Math.fround(0.1),
      },
    ],
  },
];

/** What is measured on a device too; a software adapter must come to an end with it. */
const largestOnDevice = { matmul: 1024, elementwise: millions, mlp: 128, full: 10_000, sampled: millions };

export const tablesOnDevice = tables
  .filter(({ name }) => name in largestOnDevice)
  .map((table) => ({ ...table, cases: table.cases.filter(({ size }) => size <= largestOnDevice[table.name]) }));
