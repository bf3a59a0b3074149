import { checkRank, checkSameShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import type { Tensor } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";

/** Throws unless two tensors are float matrices alike, with a row and a class, and finite where they are on the host. */
export function checkLogitPair(
  caller: string,
  logits: Tensor,
  teacherLogits: Tensor,
  [own, other]: readonly [string, string] = ["logits", "teacherLogits"],
): void {
  checkRank(caller, { [own]: logits }, 2);
  checkFloat(caller, { [own]: logits });
  checkSameShape(caller, { [own]: logits, [other]: teacherLogits });
  checkSameDType(caller, { [own]: logits, [other]: teacherLogits });
  if (logits.size === 0) {
    throw new ShapeError(`${caller}: ${own} has shape ${showShape(logits.shape)} but must have a row and a class`);
  }
  checkFinite(caller, { [own]: logits, [other]: teacherLogits });
}

/** The logits of one other network or of several; each must fit the logits. */
export function checkPeers(
  caller: string,
  logits: Tensor,
  peerLogits: Tensor | readonly Tensor[],
  name: string,
): readonly Tensor[] {
  if (!Array.isArray(peerLogits)) {
    checkLogitPair(caller, logits, peerLogits as Tensor, ["logits", name]);
    return [peerLogits as Tensor];
  }
  if (peerLogits.length === 0) throw new RangeError(`${caller}: ${name} is empty but must hold logits of a network`);
  peerLogits.forEach((peer, i) => {
    checkLogitPair(caller, logits, peer, ["logits", `${name}[${i}]`]);
  });
  return peerLogits;
}
