// What a function may be confused with: another one (`to`), itself at −x (`flip`), no function at all (`drop`), or, of
// three arguments, the last two the other way round (`branches`).
const pairs = (...names) =>
  Object.fromEntries(
    names.flatMap(([a, b]) => [
      [a, { to: b }],
      [b, { to: a }],
    ]),
  );

/** Operations on tensors. */
export const functionSwaps = {
  ...pairs(
    ["maximum", "minimum"],
    ["max", "min"],
    ["sum", "mean"],
    ["argmax", "argmin"],
    ["greater", "greaterEqual"],
    ["less", "lessEqual"],
    ["equal", "notEqual"],
    ["and", "or"],
    ["any", "all"],
    ["exp", "expm1"],
    ["log", "log1p"],
    ["sin", "cos"],
    ["floor", "ceil"],
    ["zeros", "ones"],
    ["shiftLeft", "shiftRight"],
  ),
  xor: { to: "or" },
  round: { to: "floor" },
  truncate: { to: "floor" },
  softplus: { to: "sigmoid", flip: true },
  sigmoid: { to: "tanh", flip: true },
  tanh: { to: "sigmoid" },
  logSumExp: { to: "max" },
  logSoftmax: { to: "softmax" },
  softmax: { to: "logSoftmax" },
  abs: { drop: true },
  square: { to: "abs", drop: true },
  sqrt: { drop: true },
  flip: { drop: true },
  stopGradient: { drop: true },
  not: { drop: true },
  where: { branches: true },
};

/** Functions of `Math`. */
export const mathSwaps = {
  ...pairs(["max", "min"], ["floor", "ceil"], ["sin", "cos"], ["log", "log1p"], ["exp", "expm1"]),
  round: { to: "floor" },
  trunc: { to: "ceil" },
  abs: { drop: true },
  sqrt: { drop: true },
  sign: { drop: true },
};

/** Operations through which gradients flow. */
export const differentiable = new Set(
  "maximum minimum max min sum mean exp expm1 log log1p sin cos softplus sigmoid tanh logSumExp logSoftmax softmax abs square sqrt flip where".split(
    " ",
  ),
);
