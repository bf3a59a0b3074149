import { type Tensor, tensor } from "cotangent";
import { metricLossPresets, type PairForm } from "cotangent/methods/metric";
import { floats, ids } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";

/** Rows of three numbers, and a label for each. */
export interface Batch {
  readonly rows: readonly (readonly number[])[];
  readonly labels: Int32Array;
}

export const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, k) => sum + v * b[k], 0);
export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Unit vectors in space with labels of three classes. */
export const unitBatch = (size = 6): Arbitrary<Batch> =>
  fc
    .tuple(floats([size * 3]), ids(size, 3))
    .map(([values, labels]) => ({
      rows: Array.from({ length: size }, (_, i) => [...values.slice(3 * i, 3 * i + 3)]),
      labels,
    }))
    .filter(({ rows }) => rows.every((row) => dot(row, row) > 0.01))
    .map(({ rows, labels }) => ({ rows: rows.map((row) => row.map((v) => v / Math.sqrt(dot(row, row)))), labels }));

export const matrixOf = (rows: readonly (readonly number[])[]): Tensor =>
  tensor(Float64Array.from(rows.flat()), { shape: [rows.length, rows[0].length] }) as Tensor;
export const cosinesOf = ({ rows }: Batch): number[][] => rows.map((a) => rows.map((b) => dot(a, b)));

/** The others of the class, and those of other classes; both empty where one is. */
export function setsOf({ labels }: Batch, i: number): { readonly p: number[]; readonly n: number[] } {
  const all = [...labels.keys()];
  const p = all.filter((j) => j !== i && labels[j] === labels[i]);
  const n = all.filter((j) => labels[j] !== labels[i]);
  return p.length > 0 && n.length > 0 ? { p, n } : { p: [], n: [] };
}

/** A form, and its loss of an anchor by the definition. */
export interface KnownForm {
  readonly name: string;
  readonly form: PairForm;
  readonly loss: (positives: readonly number[], negatives: readonly number[]) => number;
}

const logOf = (terms: readonly number[]) => (terms.length === 0 ? 0 : Math.log(sum(terms)));

/** All presets, with constants none of which is 1 or equals another. */
export const knownForms: readonly KnownForm[] = [
  {
    name: "contrastive",
    form: metricLossPresets.contrastive({ margin: 0.3 }),
    loss: (p, n) => -sum(p) + sum(n.map((s) => Math.max(0, s - 0.3))),
  },
  {
    name: "liftedStructure",
    form: metricLossPresets.liftedStructure({ margin: -0.4 }),
    loss: (p, n) => Math.max(0, liftedOf(p, n)),
  },
  {
    name: "binomialDeviance",
    form: metricLossPresets.binomialDeviance({ positiveScale: 2, negativeScale: 5, margin: 0.3 }),
    loss: (p, n) =>
      sum(p.map((s) => Math.log1p(Math.exp(-2 * (s - 0.3))))) + sum(n.map((s) => Math.log1p(Math.exp(5 * (s - 0.3))))),
  },
  {
    name: "multiSimilarity",
    form: metricLossPresets.multiSimilarity({ positiveScale: 2, negativeScale: 5, margin: 0.3 }),
    loss: (p, n) =>
      Math.log1p(sum(p.map((s) => Math.exp(-2 * (s - 0.3))))) / 2 +
      Math.log1p(sum(n.map((s) => Math.exp(5 * (s - 0.3))))) / 5,
  },
  {
    name: "nca",
    form: metricLossPresets.nca(),
    loss: (p, n) => -logOf(p.map(Math.exp)) + logOf(n.map(Math.exp)),
  },
];

function liftedOf(p: readonly number[], n: readonly number[]): number {
  return logOf(p.map((s) => Math.exp(-0.4 - s))) + logOf(n.map(Math.exp));
}
