import * as ops from "../autodiff/index.js";
import { sizeOf } from "../autodiff/shape.js";
import type { Claim, ProgramBuilder } from "./random-program-builder.js";
import type { Draw } from "./random-program-claims.js";
import { boundOf, type Fact } from "./random-program-line.js";
import { joined, operand } from "./random-program-operands.js";
import { sumError } from "./random-program-reductions.js";

/** What holds of sums of `count` products of an element of each tensor. */
export function contraction(facts: readonly Fact[], count: number): Claim {
  const bound = facts.reduce((sofar, fact) => sofar * boundOf(fact), 1);
  const own = facts.reduce(
    (sofar, { error }, i) =>
      sofar + error * facts.reduce((rest, fact, j) => (i === j ? rest : rest * boundOf(fact)), 1),
    0,
  );
  const grids = facts.map(({ grid }) => grid);
  const most = bound * Math.max(1, count);
  return {
    low: -most,
    high: most,
    grid: grids.includes(undefined) ? undefined : (grids as number[]).reduce((total, grid) => total + grid, 0),
    error: sumError({ error: own + facts.length * bound }, bound, Math.max(1, count)),
  };
}

const matmul: Draw = (b) => {
  const x = b.any({ dtype: b.dtype }, ({ shape }) => shape.length > 0);
  const { shape } = b.fact(x);
  const left = b.chance(0.5);
  const rank = shape.length;
  const inner = rank === 1 ? shape[0] : left ? shape[rank - 1] : shape[rank - 2];
  const free = b.pick([1, 2, 3, 4, 5, 8, inner, b.size()]);
  const batch = shape
    .slice(0, -2)
    .map((size) => (b.chance(0.3) ? 1 : size))
    .slice(b.pick([0, 0, 0, 1]));
  const wide = shape.length <= 2 && b.chance(0.15) ? [b.int(1, 3)] : batch;
  const matrix = left ? [inner, free] : [free, inner];
  const other = operand(b, b.chance(0.15) ? [inner] : [...wide, ...matrix], { dtype: b.dtype });
  const inputs = left ? [x, other] : [other, x];
  return b.emit(
    "matmul($0, $1)",
    inputs,
    ([s, t]) => ops.matmul(s, t),
    contraction(
      inputs.map((line) => b.fact(line)),
      inner,
    ),
  );
};

/** A chain over a product, which joins its kernel. */
const layer: Draw = (b) => {
  const product = matmul(b);
  if (product === undefined) return undefined;
  const { shape } = b.fact(product);
  const bias = operand(b, shape.slice(-1), { dtype: b.dtype });
  const { low, high, error, grid } = joined([b.fact(product), b.fact(bias)]);
  const shifted = b.emit("add($0, $1)", [product, bias], ([s, t]) => ops.add(s, t), {
    low: 2 * low,
    high: 2 * high,
    grid,
    error: 2 * error + 2,
  });
  return (
    shifted &&
    b.emit("tanh($0)", [shifted], ([t]) => ops.tanh(t), { low: -1, high: 1, error: b.fact(shifted).error + 4 })
  );
};

const equations = [
  "ij,jk->ik",
  "ij,kj->ik",
  "bij,bjk->bik",
  "bij,jk->kbi",
  "ij->ji",
  "ii->i",
  "ii->",
  "ijk->j",
  "ij,ij->",
  "ij,j->ij",
  "i,j->ij",
  "i,i",
  "ij,jk,kl->il",
  "...i,i->...",
  "...ij,...jk->...ik",
] as const;

const einsum: Draw = (b) => {
  const equation = b.pick(equations);
  const [left, right = "..."] = equation.split("->");
  const sizes = new Map<string, number>();
  const sizeFor = (letter: string) => {
    if (!sizes.has(letter)) sizes.set(letter, b.chance(0.05) ? 0 : b.int(1, 5));
    return sizes.get(letter)!;
  };
  const ellipsis = Array.from({ length: b.int(0, 1) }, () => b.int(1, 3));
  const inputs = left.split(",").map((term) => {
    const letters = [...term.replace("...", "")].map(sizeFor);
    return operand(b, term.includes("...") ? [...ellipsis, ...letters] : letters, { dtype: b.dtype });
  });
  const summed = [...sizes].filter(([letter]) => !right.includes(letter)).map(([, size]) => size);
  const claim = contraction(
    inputs.map((line) => b.fact(line)),
    sizeOf(summed),
  );
  return b.emit(
    `einsum("${equation}", ${inputs.map((_, i) => `$${i}`).join(", ")})`,
    inputs,
    (ts) => ops.einsum(equation, ...ts),
    claim,
  );
};

const integerMatmul: Draw = (b) => {
  const dtype = b.pick(["i32", "u32"] as const);
  const [rows, inner, columns] = [b.size(), b.size(), b.size()];
  const inputs = [
    b.leaf([rows, inner], { dtype, low: 0, high: 9 }),
    b.leaf([inner, columns], { dtype, low: 0, high: 9 }),
  ];
  return b.emit("matmul($0, $1)", inputs, ([s, t]) => ops.matmul(s, t), { low: 0, high: 1000 });
};

function image(b: ProgramBuilder, exact = false): { readonly x: number; readonly shape: readonly number[] } {
  const shape = [b.int(1, 2), b.pick([1, 2, 4]), b.int(3, 7), b.int(3, 6)];
  return { x: operand(b, shape, { dtype: b.dtype, exact }), shape };
}

const convolution: Draw = (b) => {
  const { x, shape } = image(b);
  const groups = b.pick([1, 1, 2].filter((count) => shape[1] % count === 0));
  const kernelShape = [groups * b.int(1, 2), shape[1] / groups, b.int(1, 3), b.int(1, 3)];
  const kernel = operand(b, kernelShape, { dtype: b.dtype });
  const options = { stride: b.int(1, 2), padding: b.int(0, 1), dilation: 1, groups };
  const claim = contraction([b.fact(x), b.fact(kernel)], sizeOf(kernelShape.slice(1)));
  return b.emit(
    `conv2d($0, $1, ${JSON.stringify(options)})`,
    [x, kernel],
    ([s, t]) => ops.conv2d(s, t, options),
    claim,
  );
};

const pooling: Draw = (b) => {
  const { maxPool2d, avgPool2d } = ops;
  const [name, f] = b.named({ maxPool2d, avgPool2d });
  const { x } = image(b, name === "maxPool2d");
  const fact = b.fact(x);
  const options = { stride: b.int(1, 3), padding: b.int(0, 1) };
  const text = `${name}($0, 2, ${JSON.stringify(options)})`;
  const low = Math.min(0, fact.low);
  const high = Math.max(0, fact.high);
  const exact = name === "maxPool2d";
  const claim = {
    low,
    high,
    grid: exact ? fact.grid : undefined,
    error: fact.error + boundOf(fact),
    smooth: fact.smooth,
  };
  return b.emit(text, [x], ([t]) => f(t, 2, options), claim);
};

const patches: Draw = (b) => {
  const { x, shape } = image(b);
  const fact = b.fact(x);
  const options = { stride: b.int(1, 2) };
  const patched = b.emit(
    `unfold($0, 2, ${JSON.stringify(options)})`,
    [x],
    ([t]) => ops.unfold(t, 2, options),
    joined([fact]),
  );
  if (patched === undefined) return undefined;
  const bound = 4 * boundOf(fact);
  const text = `fold($0, [${shape.slice(2)}], ${JSON.stringify(options)})`;
  const claim = { low: -bound, high: bound, grid: fact.grid, error: sumError(fact, boundOf(fact), 4) };
  return b.emit(text, [patched], ([t]) => ops.fold(t, [shape[2], shape[3]], options), claim);
};

/** Transforms and factorizations run in kernels of their own; their gradients are long graphs. */
const spectral: Draw = (b) => {
  const { dct, idct, rfft } = ops;
  const [name, f] = b.named({
    dct: (t: ops.Tensor) => dct(t),
    idct: (t: ops.Tensor) => idct(t),
    rfft: (t: ops.Tensor) => rfft(t).re,
  });
  const x = operand(b, [b.int(1, 3), b.int(1, 9)], { dtype: b.dtype });
  const fact = b.fact(x);
  const count = fact.shape[1];
  const bound = 4 * count * boundOf(fact);
  return b.emit(`${name}($0)`, [x], ([t]) => f(t), {
    low: -bound,
    high: bound,
    error: 4 * sumError(fact, boundOf(fact), count) + 8 * bound,
  });
};

export const contractions: readonly Draw[] = [
  matmul,
  matmul,
  matmul,
  layer,
  layer,
  einsum,
  einsum,
  integerMatmul,
  convolution,
  pooling,
  patches,
  spectral,
];
