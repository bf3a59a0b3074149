import * as ops from "cotangent";
import { type Backend, type Tensor, tensor } from "cotangent";

/** What a random function depends on: two square matrices and a vector. */
export type Point = { readonly a: Tensor; readonly b: Tensor; readonly v: Tensor };

export interface SmoothFunction {
  /** Names of its operations, in order. */
  readonly steps: readonly string[];
  readonly f: (x: Point) => Tensor;
  readonly x: Point;
}

type Step = (y: Tensor, x: Point) => Tensor;

const size = (y: Tensor) => y.shape[0];
const bounded = (y: Tensor) => ops.tanh(y.mul(0.7));
const positive = (y: Tensor) => ops.softplus(y).add(0.4);
const scale = (y: Tensor) => ops.square(y).add(1);
/** A symmetric matrix whose eigenvalues are at least 1. */
const definite = (y: Tensor) => {
  const z = bounded(y);
  return ops.matmul(z, z.transpose()).add(ops.eye(size(y), y).mul(1 + size(y) / 4));
};

/** Steps from a square matrix to one of the same size, smooth everywhere. */
const steps: Readonly<Record<string, Step>> = {
  exp: (y) => ops.exp(bounded(y)),
  expm1: (y) => ops.expm1(bounded(y)),
  log: (y) => ops.log(positive(y)),
  log1p: (y) => ops.log1p(ops.square(y)),
  sqrt: (y) => ops.sqrt(scale(y)),
  pow: (y) => ops.pow(scale(y), 0.35),
  sin: (y) => ops.sin(y),
  cos: (y) => ops.cos(y),
  tanh: (y) => ops.tanh(y),
  sigmoid: (y) => ops.sigmoid(y),
  softplus: (y) => ops.softplus(y),
  logSigmoid: (y) => ops.logSigmoid(y),
  erf: (y) => ops.erf(y),
  lgamma: (y) => ops.lgamma(positive(y)),
  digamma: (y) => ops.digamma(positive(y)),
  add: (y, { a }) => y.add(a),
  sub: (y, { b }) => b.sub(y),
  "add a vector": (y, { v }) => y.add(v),
  mul: (y, { b }) => y.mul(b),
  "mul by a column": (y, { v }) => y.mul(ops.expandDims(v, 1)),
  div: (y, { a }) => a.div(scale(y)),
  matmul: (y, { a }) => ops.matmul(y, a).mul(0.4),
  einsum: (y, { b }) => ops.einsum("ij,kj->ki", y, b).mul(0.4),
  "outer product": (y, { v }) => ops.matmul(ops.expandDims(v, 1), ops.expandDims(ops.mean(y, 0), 0)),
  softmax: (y) => ops.softmax(y, 1),
  logSoftmax: (y) => ops.logSoftmax(y, 0).mul(0.5),
  logSumExp: (y) => y.sub(ops.expandDims(ops.logSumExp(y, 1), 1)),
  sum: (y) => y.mul(y.sum(0, { keepDims: true })).mul(0.3),
  mean: (y) => y.sub(y.mean(1, { keepDims: true })),
  prod: (y, { b }) => b.mul(ops.prod(bounded(y).add(1.5), 1, { keepDims: true })).mul(0.3),
  cumsum: (y) => ops.cumsum(y, 0).mul(0.6),
  transpose: (y) => y.transpose(),
  reshape: (y) => y.reshape([y.size]).reshape(y.shape),
  flip: (y) => ops.flip(y, 1),
  gather: (y) => {
    const rows = Int32Array.from({ length: size(y) }, (_, i) => (i * i + 1) % size(y)); // some twice, some never
    return ops.gather(y, tensor(rows, { backend: y.backend }));
  },
  "concat and slice": (y, { a }) => ops.slice(ops.concat([y, a], 0), [1, 0], [size(y) + 1, size(y)]),
  "pad and slice": (y) => ops.slice(ops.pad(y, [1, 1], [0, 0], { value: 0.3 }), [0, 0], y.shape),
  cholesky: (y) => ops.cholesky(definite(y)),
  solve: (y, { b }) => ops.solve(definite(y), b),
  inverse: (y) => ops.inverse(definite(y)),
  triangularSolve: (y, { a }) => ops.triangularSolve(ops.cholesky(definite(y)), a),
  logDeterminant: (y, { b }) => b.mul(ops.logDeterminant(definite(y)).logAbs).mul(0.3),
  dct: (y) => ops.dct(y, { orthonormal: true }),
  rfft: (y) => {
    const { re, im } = ops.fft({ re: y, im: ops.zeros(y.shape, y) });
    return ops.square(re).add(ops.square(im)).mul(0.2);
  },
};

const ends: Readonly<Record<string, (y: Tensor, weights: Tensor) => Tensor>> = {
  "weighted sum": (y, weights) => y.mul(weights).sum(),
  "mean of squares": (y, weights) => ops.square(y.add(weights)).mean(),
  "logSumExp of all": (y, weights) => ops.logSumExp(y.add(weights)),
  norm: (y, weights) => ops.sqrt(ops.square(y.sub(weights)).sum().add(0.1)),
};

/** A smooth function of a few operations of the engine, at a random point; the backend's own f64. */
export function randomSmooth(uniform: () => number, backend: Backend): SmoothFunction {
  const below = (n: number) => Math.floor(uniform() * n);
  const pick = <T>(table: Readonly<Record<string, T>>): [string, T] => {
    const entries = Object.entries(table);
    return entries[below(entries.length)];
  };
  const n = 1 + below(3);
  const values = (...shape: number[]) => {
    const list = Float64Array.from({ length: shape.reduce((x, y) => x * y, 1) }, () => 3 * uniform() - 1.5);
    return tensor(list, { backend, shape });
  };
  const x = { a: values(n, n), b: values(n, n), v: values(n) };
  const weights = values(n, n);
  const chain = Array.from({ length: 2 + below(3) }, () => pick(steps));
  const [end, finish] = pick(ends);
  const f = (at: Point) => {
    // every argument has a part in it, so that none has a gradient of exactly 0
    const start = at.a.add(at.b.mul(at.v));
    return finish(
      chain.reduce((y, [, step]) => step(y, at), start),
      weights,
    );
  };
  return { steps: [...chain.map(([name]) => name), end], f, x };
}
