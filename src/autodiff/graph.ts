import type { Attribute, HostKernel, Scalar, TypedArray } from "../backends/backend.js";
import { BackendError, DisposedError } from "./check.js";
import type { DType, Float } from "./dtype.js";
import type { Shape } from "./shape.js";
import { type Operand, type Origin, type Pullback, Tensor } from "./tensor.js";

interface ResultOf<D extends DType> {
  readonly shape: Shape;
  readonly dtype: D;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly pullback?: Pullback | undefined;
  readonly host?: HostKernel;
  readonly scalar?: Scalar | undefined;
}

const none: Readonly<Record<string, Attribute>> = {};

/** A new tensor: operation `op` of the inputs. `caller` is the public function that errors name. */
export function apply<D extends DType>(
  caller: string,
  op: string,
  inputs: readonly Tensor<DType>[],
  { shape, dtype, attributes = none, pullback, host, scalar }: ResultOf<D>,
): Tensor<D> {
  const [{ backend }] = inputs;
  for (const input of inputs) {
    if (input.storage?.disposed) throw new DisposedError(`${caller}: an input has been disposed; dispose it later`);
    if (input.backend !== backend) {
      throw new BackendError(
        `${caller}: the inputs live on different backends, ${backend.name} and ${input.backend.name}; create them on one`,
      );
    }
  }
  const site = backend.sites?.record();
  return new Tensor(backend, shape, dtype, { op, inputs, attributes, pullback, host, scalar, site }, undefined);
}

const leafOrigin: Origin = {
  op: "leaf",
  inputs: [],
  attributes: none,
  pullback: undefined,
  host: undefined,
  scalar: undefined,
};

/** A tensor that holds values, already on the host. The array is taken over, not copied. */
export function leaf<D extends DType>(
  backend: Tensor["backend"],
  values: TypedArray,
  shape: Shape,
  dtype: D,
): Tensor<D> {
  checkHeld(backend, dtype);
  const storage = { dtype, length: values.length, host: values, device: undefined, disposed: false };
  const { sites } = backend;
  return new Tensor(backend, shape, dtype, sites ? { ...leafOrigin, site: sites.record() } : leafOrigin, storage);
}

/** A leaf around values that a backend holds. */
export function leafOf<D extends DType>(like: Tensor<D>, storage: NonNullable<Tensor["storage"]>): Tensor<D> {
  return leafIn(like.backend, storage, like.shape, like.dtype);
}

/** A leaf around memory that a backend has lent. */
export function leafIn<D extends DType>(
  backend: Tensor["backend"],
  storage: NonNullable<Tensor["storage"]>,
  shape: Shape,
  dtype: D,
): Tensor<D> {
  return new Tensor(backend, shape, dtype, leafOrigin, storage);
}

/** A tensor that no other goes into, computed from its attributes alone. */
export function source<D extends DType>(
  op: string,
  backend: Tensor["backend"],
  shape: Shape,
  dtype: D,
  attributes: Readonly<Record<string, Attribute>> = none,
): Tensor<D> {
  checkHeld(backend, dtype);
  return new Tensor(
    backend,
    shape,
    dtype,
    {
      op,
      inputs: [],
      attributes,
      pullback: undefined,
      host: undefined,
      scalar: undefined,
      site: backend.sites?.record(),
    },
    undefined,
  );
}

/** A scalar whose value is known without looking at memory. */
export function constant<D extends DType>(backend: Tensor["backend"], value: number, dtype: D): Tensor<D> {
  return source("constant", backend, [], dtype, { value });
}

function checkHeld(backend: Tensor["backend"], dtype: DType): void {
  if (backend.dtypes.has(dtype)) return;
  throw new BackendError(`tensor: dtype is ${dtype}, which ${backend.name} does not have; use f32`);
}

/** The constant that fills a tensor, if it is one: a constant or a broadcast of one. */
export function constantOf(x: Tensor<DType>): number | undefined {
  let node = x;
  while (node.origin.op === "broadcast" || node.origin.op === "reshape") node = node.origin.inputs[0];
  return node.origin.op === "constant" ? (node.origin.attributes.value as number) : undefined;
}

/** A plain number as a scalar beside `like`; a tensor as it is. */
export function operand<D extends DType = Float>(value: Operand<D>, like: Tensor<D>): Tensor<D> {
  return typeof value === "number" ? constant(like.backend, value, like.dtype) : value;
}

/** All tensors that `roots` are computed from, inputs before what uses them. `visit` says whose inputs to follow. */
export function topologicalOrder(
  roots: readonly Tensor<DType>[],
  visit: (node: Tensor<DType>) => boolean,
): Tensor<DType>[] {
  const walk = {};
  const levels: Tensor<DType>[][] = [];
  const found: Tensor<DType>[] = [];
  const reach = (node: Tensor<DType>) => {
    if (node.walk === walk) return;
    node.walk = walk;
    found.push(node);
    levels[node.depth] ??= [];
    levels[node.depth].push(node);
  };
  for (const root of roots) reach(root);
  for (const node of found) if (visit(node)) for (const input of node.origin.inputs) reach(input);
  const order: Tensor<DType>[] = [];
  for (const level of levels) if (level !== undefined) for (const node of level) order.push(node);
  return order;
}
