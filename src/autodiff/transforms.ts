import { DTypeError, ShapeError, showShape } from "./check.js";
import { type DType, isFloat } from "./dtype.js";
import { apply, topologicalOrder } from "./graph.js";
import { ones, zeros } from "./ops/create.js";
import { sum } from "./ops/reduce.js";
import { addSparse } from "./row-sparse.js";
import { sameShape } from "./shape.js";
import type { Tensor } from "./tensor.js";
import { leavesOf, mapTree, rebuild, type Tree } from "./tree.js";

/** The value of a tensor as a new variable: derivatives with respect to it leave other uses of the tensor alone. */
function variable<D extends DType>(x: Tensor<D>): Tensor<D> {
  return apply("grad", "identity", [x], { shape: x.shape, dtype: x.dtype, pullback: (grad) => [grad] });
}

function variables<T>(caller: string, tree: T): { readonly tree: T; readonly leaves: readonly Tensor[] } {
  const leaves: Tensor[] = [];
  const fresh = mapTree(tree, (leaf, path) => {
    if (isFloat(leaf.dtype)) return leaves[leaves.push(variable(leaf)) - 1];
    const where = path === "" ? "the argument" : `the argument's ${path}`;
    throw new DTypeError(`${caller}: ${where} is ${leaf.dtype} but must be f32 or f64; only floats have gradients`);
  }) as T;
  return { tree: fresh, leaves };
}

/**
 * Takes cotangents of `outputs` back to `inputs`; undefined where an input has no influence. The cotangents are part of
 * the graph like everything else, so the result can be differentiated again.
 */
function pullBack(
  outputs: readonly Tensor[],
  cotangents: readonly Tensor[],
  inputs: readonly Tensor[],
): (Tensor | undefined)[] {
  const shallowest = Math.min(...inputs.map((input) => input.depth));
  const wanted = new Set<Tensor<DType>>(inputs);
  const order = topologicalOrder(outputs, (node) => node.depth > shallowest);
  for (const node of order) if (node.origin.inputs.some((input) => wanted.has(input))) wanted.add(node);

  const flowing = new Map<Tensor<DType>, Tensor>();
  const accumulate = (node: Tensor<DType>, cotangent: Tensor) => {
    const sofar = flowing.get(node);
    flowing.set(node, sofar === undefined ? cotangent : addSparse(sofar, cotangent));
  };
  outputs.forEach((output, i) => {
    if (wanted.has(output)) accumulate(output, cotangents[i]);
  });
  const ends = new Set<Tensor<DType>>(inputs);
  for (const node of order.reverse()) {
    const cotangent = flowing.get(node);
    const { pullback, inputs: into, op, site } = node.origin;
    if (cotangent === undefined || ends.has(node) || !wanted.has(node) || pullback === undefined) continue;
    flowing.delete(node);
    const rule = () => pullback(cotangent, node as Tensor<DType> as Tensor);
    const back = site ? node.backend.sites!.inGradientOf(op, site, rule) : rule();
    into.forEach((input, i) => {
      const part = back[i];
      if (part !== undefined && wanted.has(input) && isFloat(input.dtype)) accumulate(input, part);
    });
  }
  return inputs.map((input) => flowing.get(input));
}

function checkScalar(caller: string, value: Tensor): void {
  if (value.shape.length !== 0) {
    throw new ShapeError(
      `${caller}: the function returned shape ${showShape(value.shape)}, but a gradient needs a scalar []; reduce it with .mean() or .sum()`,
    );
  }
  if (!isFloat(value.dtype)) {
    throw new DTypeError(`${caller}: the function returned ${value.dtype as string} but must return f32 or f64`);
  }
}

function differentiate<T>(caller: string, value: Tensor, tree: T, leaves: readonly Tensor[]): T {
  checkScalar(caller, value);
  const seed = ones([], value);
  const found = pullBack([value], [seed], leaves);
  return rebuild(
    tree,
    found.map((gradient, i) => gradient ?? zeros(leaves[i].shape, leaves[i])),
  );
}

/**
 * The value of a scalar function of a tree, and its gradient: a tree of the same form. Further arguments are passed on
 * and not differentiated.
 *
 * @param f - returns a scalar
 * @returns a function of the same arguments; it gives `{ value, grad }`, both lazy
 * @throws ShapeError if `f` returns anything but a scalar
 * @throws DTypeError if the first argument holds anything but f32 and f64
 */
export function valueAndGrad<T extends Tree, Rest extends readonly unknown[]>(
  f: (tree: T, ...rest: Rest) => Tensor,
): (tree: T, ...rest: Rest) => { readonly value: Tensor; readonly grad: T } {
  return (argument, ...rest) => {
    const { tree, leaves } = variables("valueAndGrad", argument);
    const value = f(tree, ...rest);
    return { value, grad: differentiate("valueAndGrad", value, argument, leaves) };
  };
}

/**
 * The gradient of a scalar function of a tree, as a function of the same arguments. It can be differentiated again.
 *
 * @throws ShapeError if `f` returns anything but a scalar
 * @throws DTypeError if the first argument holds anything but f32 and f64
 */
export function grad<T extends Tree, Rest extends readonly unknown[]>(
  f: (tree: T, ...rest: Rest) => Tensor,
): (tree: T, ...rest: Rest) => T {
  return (argument, ...rest) => {
    const { tree, leaves } = variables("grad", argument);
    return differentiate("grad", f(tree, ...rest), argument, leaves);
  };
}

/**
 * `f(x)` and the map that takes a cotangent of it back to `x`: `u ↦ Jᵀu`, with `J` the Jacobian of `f` at `x`.
 *
 * @throws ShapeError if the cotangent's shapes differ from the value's
 */
export function vjp<T extends Tree, Y extends Tree>(
  f: (tree: T) => Y,
  x: T,
): { readonly value: Y; readonly pullback: (cotangent: Y) => T } {
  const { tree, leaves } = variables("vjp", x);
  const value = f(tree);
  const outputs = leavesOf(value);
  const pullback = (cotangent: Y) => {
    const cotangents = leavesOf(cotangent);
    checkAlike("vjp", "cotangent", cotangents, outputs);
    const found = pullBack(outputs, cotangents, leaves);
    return rebuild(
      x,
      found.map((part, i) => part ?? zeros(leaves[i].shape, leaves[i])),
    );
  };
  return { value, pullback };
}

/**
 * `f(x)` and its directional derivative `J·v`: forward mode, as the transpose of the transpose (`u ↦ Jᵀu` is linear, and
 * the reverse mode of that is `v ↦ Jv`).
 *
 * @throws ShapeError if `v` differs from `x` in shape
 */
export function jvp<T extends Tree, Y extends Tree>(
  f: (tree: T) => Y,
  x: T,
  v: T,
): { readonly value: Y; readonly tangent: Y } {
  const directions = leavesOf(v);
  const { tree, leaves } = variables("jvp", x);
  checkAlike("jvp", "v", directions, leaves);
  const value = f(tree);
  const outputs = leavesOf(value);
  const probes = outputs.map((output) => variable(zeros(output.shape, output)));
  const back = pullBack(outputs, probes, leaves);
  const reached = back.flatMap((part, i) => (part === undefined ? [] : [{ part, direction: directions[i] }]));
  const forward = pullBack(
    reached.map(({ part }) => part),
    reached.map(({ direction }) => direction),
    probes,
  );
  const tangent = rebuild(
    value,
    forward.map((part, i) => part ?? zeros(outputs[i].shape, outputs[i])),
  );
  return { value, tangent };
}

/**
 * The Hessian of a scalar function times a direction: `H·v = ∇⟨∇f(x), v⟩`, without forming `H`.
 *
 * @throws ShapeError if `v` differs from `x` in shape, or `f` returns anything but a scalar
 */
export function hvp<T extends Tree>(f: (tree: T) => Tensor, x: T, v: T): T {
  const directions = leavesOf(v);
  checkAlike("hvp", "v", directions, leavesOf(x));
  return grad((tree: T) => {
    const parts = leavesOf(grad(f)(tree)).map((part, i) => sum(part.mul(directions[i])));
    return parts.reduce((total, part) => total.add(part));
  })(x);
}

function checkAlike(caller: string, name: string, got: readonly Tensor[], wanted: readonly Tensor[]): void {
  if (got.length !== wanted.length) {
    throw new ShapeError(`${caller}: ${name} has ${got.length} tensors but must have ${wanted.length}`);
  }
  got.forEach(({ shape }, i) => {
    if (!sameShape(shape, wanted[i].shape)) {
      throw new ShapeError(
        `${caller}: ${name} has shape ${showShape(shape)} but must have ${showShape(wanted[i].shape)}`,
      );
    }
  });
}

/** The same value, through which no gradient flows. */
export function stopGradient<D extends DType>(x: Tensor<D>): Tensor<D> {
  return apply("stopGradient", "stopGradient", [x], { shape: x.shape, dtype: x.dtype });
}

/**
 * A function with a gradient rule of its own.
 *
 * @param f - computes the value from tensors
 * @param rule - given the cotangent of the value, the value and the inputs: a cotangent for each input, or undefined.
 * It is made of operations, so it is differentiated in turn at higher orders; it must be linear in the cotangent.
 */
export function customVjp<Inputs extends readonly Tensor<DType>[]>(
  f: (...inputs: Inputs) => Tensor,
  rule: (cotangent: Tensor, value: Tensor, ...inputs: Inputs) => readonly (Tensor | undefined)[],
): (...inputs: Inputs) => Tensor {
  return (...inputs) => {
    const value = f(...inputs);
    const pullback = (cotangent: Tensor, output: Tensor) => [undefined, ...rule(cotangent, output, ...inputs)];
    return apply("customVjp", "custom", [value, ...inputs], { shape: value.shape, dtype: value.dtype, pullback });
  };
}
