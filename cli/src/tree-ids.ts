import type { NdArray } from "cotangent/data";

/**
 * Throws TypeError unless the ids of a tree of labels, whose sizes are right, lead to every label and nowhere else:
 * sizes alone would let a damaged file send draws to labels that do not exist.
 */
export function checkTreeIds(tensors: ReadonlyMap<string, NdArray>): void {
  const idsOf = (name: string): ArrayLike<number> => tensors.get(`noise.tree.${name}`)!.data as Int32Array;
  const [forced, leafOfLabel, labelOfLeaf] = [idsOf("forced"), idsOf("leafOfLabel"), idsOf("labelOfLeaf")];
  const leaves = labelOfLeaf.length;
  let isRight = Array.from(leafOfLabel).every((leaf, label) => labelOfLeaf[leaf] === label);
  isRight &&= Array.from(labelOfLeaf).every((label, leaf) => label === -1 || leafOfLabel[label] === leaf);
  const isUsed = new Uint8Array(2 * leaves); // by node: whether a label is below it; leaves come last
  for (let leaf = 0; leaf < leaves; leaf += 1) isUsed[leaves + leaf] = labelOfLeaf[leaf] === -1 ? 0 : 1;
  for (let node = leaves - 1; node > 0; node -= 1) {
    const [left, right] = [isUsed[2 * node], isUsed[2 * node + 1]];
    isUsed[node] = left! | right!;
    const way = right === 0 ? -1 : left === 0 ? 1 : 0;
    isRight &&= isUsed[node] === 0 || forced[node] === way;
  }
  if (!isRight) throw new TypeError("its tree does not lead to every label and to nothing else");
}
