import { ShapeError, showShape } from "../check.js";
import { checkDType, checkSameDType, type DType } from "../dtype.js";
import { sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { matmul } from "./contract.js";
import { type Equation, parseEquation } from "./einsum-equation.js";
import { diagonal } from "./gather.js";
import { reshape, transpose } from "./movement.js";
import { sum } from "./reduce.js";

/** A tensor whose axes have names, no two the same. */
interface Named<D extends DType> {
  readonly x: Tensor<D>;
  readonly axes: readonly string[];
}

/**
 * Sums of products over named axes, in Einstein's notation.
 *
 *     einsum("ij,jk->ik", a, b)[i, k] = Σ_j a[i, j] · b[j, k]
 *
 * Letters left of `->` name the axes of each tensor; those that are not on the right are summed over. A letter twice in
 * one term takes the diagonal. Without `->` the result has the letters that occur once, in alphabetical order (capitals
 * first). `...` stands for any further axes, aligned on the right and broadcast; they come first where `->` is missing.
 *
 * Reach for it when a contraction would otherwise be a chain of transposes, reshapes and matmuls: that is what it becomes,
 * two tensors at a time, the pair first whose product saves the most memory.
 *
 * @param equation - terms separated by commas, a letter (a–z, A–Z) an axis; spaces do not count
 * @param tensors - as many as there are terms, of one dtype; a letter has the same size wherever it stands
 * @returns the axes right of `->`, in that order
 * @throws TypeError if the equation has other characters, a second arrow or a term with two `...`; if the right side has a
 * letter twice or one that the left lacks, or lacks the `...` of the left
 * @throws RangeError if there are more or fewer tensors than terms
 * @throws ShapeError if a tensor's axes do not fit its term, or sizes of a letter disagree
 * @throws DTypeError if the tensors are not of one dtype, or that is bool
 *
 * @example
 * import { einsum, tensor } from "cotangent";
 *
 * const a = tensor([[1, 2], [3, 4]]);
 * console.log(await einsum("ii", a).item()); // the trace, 5
 * console.log(await einsum("ij->ji", a).data()); // 1, 3, 2, 4
 */
export function einsum<D extends DType>(equation: string, ...tensors: readonly Tensor<D>[]): Tensor<D> {
  const { terms, result } = parseEquation(
    equation,
    tensors.map(({ shape }) => shape),
  );
  for (const [i, tensor] of tensors.entries()) {
    checkDType("einsum", { [`tensor ${i}`]: tensor }, "f32", "f64", "i32", "u32");
    checkSameDType("einsum", { "tensor 0": tensors[0], [`tensor ${i}`]: tensor });
  }
  const sizes = sizesOf(terms, tensors);
  let operands = tensors.map((x, i) => withoutStretched(distinct(x, terms[i]), sizes));
  while (operands.length > 1) {
    const [first, second] = cheapestPair(operands, result, sizes);
    const others = operands.filter((operand) => operand !== first && operand !== second);
    operands = [contract(first, second, neededBy(others, result)), ...others];
  }
  const { x, axes } = summed(operands[0], new Set(result));
  return transpose(
    x,
    result.map((name) => axes.indexOf(name)),
  );
}

/** The size of every letter. Only axes of `...` may be of size 1 in one tensor and larger in another. */
function sizesOf(terms: Equation["terms"], tensors: readonly Tensor<DType>[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  const places = new Map<string, number>();
  terms.forEach((names, i) => {
    names.forEach((name, axis) => {
      const size = tensors[i].shape[axis];
      const known = sizes.get(name) ?? size;
      const stretches = name.startsWith("...") && (size === 1 || known === 1);
      if (size !== known && !stretches) {
        const what = name.startsWith("...") ? "an axis of ..." : name;
        throw new ShapeError(
          `einsum: ${what} has size ${size} in tensor ${i}, ${showShape(tensors[i].shape)}, but must have size ${known}, as in tensor ${places.get(name)}`,
        );
      }
      if (size !== known ? known === 1 : !sizes.has(name)) {
        sizes.set(name, size);
        places.set(name, i);
      }
    });
  });
  return sizes;
}

/** Takes the diagonal of axes with one name. */
function distinct<D extends DType>(x: Tensor<D>, names: readonly string[]): Named<D> {
  const second = names.findIndex((name, i) => names.indexOf(name) < i);
  if (second < 0) return { x, axes: names };
  const first = names.indexOf(names[second]);
  const others = [...names.keys()].filter((i) => i !== first && i !== second);
  return distinct(
    diagonal(transpose(x, [...others, first, second])),
    [...others, first].map((i) => names[i]),
  );
}

/** Drops axes of size 1 that stretch to the size they have elsewhere: a product broadcasts along what is missing. */
function withoutStretched<D extends DType>({ x, axes }: Named<D>, sizes: ReadonlyMap<string, number>): Named<D> {
  const kept = axes.filter((name, i) => x.shape[i] === sizes.get(name));
  return {
    x: reshape(
      x,
      kept.map((name) => sizes.get(name)!),
    ),
    axes: kept,
  };
}

function neededBy(others: readonly Named<DType>[], result: readonly string[]): ReadonlySet<string> {
  return new Set([...result, ...others.flatMap(({ axes }) => axes)]);
}

function summed<D extends DType>({ x, axes }: Named<D>, needed: ReadonlySet<string>): Named<D> {
  const gone = axes.flatMap((name, i) => (needed.has(name) ? [] : [i]));
  return { x: sum(x, gone), axes: axes.filter((name) => needed.has(name)) };
}

/** The pair whose product is smallest next to what it replaces; the earlier of equals. */
function cheapestPair<D extends DType>(
  operands: readonly Named<D>[],
  result: readonly string[],
  sizes: ReadonlyMap<string, number>,
): readonly [Named<D>, Named<D>] {
  let best: readonly [Named<D>, Named<D>] = [operands[0], operands[1]];
  if (operands.length === 2) return best;
  let least = Number.POSITIVE_INFINITY;
  operands.forEach((a, i) => {
    for (const b of operands.slice(i + 1)) {
      const needed = neededBy(
        operands.filter((operand) => operand !== a && operand !== b),
        result,
      );
      const left = [...new Set([...a.axes, ...b.axes])].filter((name) => needed.has(name));
      const growth = sizeOf(left.map((name) => sizes.get(name)!)) - a.x.size - b.x.size;
      if (growth < least) [least, best] = [growth, [a, b]];
    }
  });
  return best;
}

/** The product of two tensors, summed over the axes that nothing else needs. */
function contract<D extends DType>(left: Named<D>, right: Named<D>, needed: ReadonlySet<string>): Named<D> {
  const a = summed(left, new Set([...needed, ...right.axes]));
  const b = summed(right, new Set([...needed, ...left.axes]));
  const shared = a.axes.filter((name) => b.axes.includes(name));
  const batch = shared.filter((name) => needed.has(name));
  const inner = shared.filter((name) => !needed.has(name));
  const rows = a.axes.filter((name) => !shared.includes(name));
  const columns = b.axes.filter((name) => !shared.includes(name));
  const axes = [...batch, ...rows, ...columns];
  const ones = (names: readonly string[]) => names.map(() => 1);
  if (inner.length === 0) {
    const x = arranged(a, [...batch, ...rows]);
    const y = arranged(b, [...batch, ...columns]);
    const wide = reshape(x, [...x.shape, ...ones(columns)]);
    const lead = y.shape.slice(0, batch.length);
    return { x: wide.mul(reshape(y, [...lead, ...ones(rows), ...y.shape.slice(batch.length)])), axes };
  }
  const x = arranged(a, [...batch, ...rows, ...inner]);
  const y = arranged(b, [...batch, ...inner, ...columns]);
  const lead = x.shape.slice(0, batch.length);
  const outer = x.shape.slice(batch.length, batch.length + rows.length);
  const last = y.shape.slice(batch.length + inner.length);
  const depth = sizeOf(x.shape.slice(batch.length + rows.length));
  const product = matmul(
    reshape(x, [sizeOf(lead), sizeOf(outer), depth]),
    reshape(y, [sizeOf(lead), depth, sizeOf(last)]),
  );
  return { x: reshape(product, [...lead, ...outer, ...last]), axes };
}

function arranged<D extends DType>({ x, axes }: Named<D>, order: readonly string[]): Tensor<D> {
  return transpose(
    x,
    order.map((name) => axes.indexOf(name)),
  );
}
