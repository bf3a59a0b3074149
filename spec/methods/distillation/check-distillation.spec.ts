import { type Tensor, tensor } from "cotangent";
import { describe, expect, it } from "vitest";
import { checkLogitPair, checkPeers } from "../../../src/methods/distillation/check-distillation.js";

const z = tensor([[1, 2]]) as Tensor;
const list = tensor([1, 2]) as Tensor;
const whole = tensor(Int32Array.of(1, 2), { shape: [1, 2] }) as unknown as Tensor;
const double = tensor(Float64Array.of(1, 2), { shape: [1, 2] }) as Tensor;
const empty = (shape: [number, number]) => tensor(new Float32Array(0), { shape }) as Tensor;

describe("checkLogitPair", () => {
  it("takes float matrices alike, also such as are not at hand", () => {
    checkLogitPair("f", z, z.neg());
    checkLogitPair("f", double, double);
    checkLogitPair("f", z.div(0), z);
  });

  it("names what is wrong, by the names given", () => {
    const call = (...args: [Tensor, Tensor, (readonly [string, string])?]) =>
      expect(() => checkLogitPair("f", args[0], args[1], args[2]));
    call(list, list).toThrow("f: logits has shape [2] but must have 2 axes");
    call(whole, whole).toThrow("f: logits is i32 but must be f32 or f64; cast it");
    call(z, list).toThrow("f: teacherLogits has shape [2] but must match logits, [1, 2]");
    call(z, double).toThrow("f: teacherLogits is f64 but must match logits, f32; cast one of them");
    for (const shape of [[0, 2] as const, [1, 0] as const]) {
      const none = empty([...shape]);
      call(none, none).toThrow(`f: logits has shape [${shape.join(", ")}] but must have a row and a class`);
    }
    call(tensor([[1, Number.NaN]]), z).toThrow("f: logits holds NaN at 1 but must hold finite numbers");
    call(z, tensor([[-Infinity, 1]])).toThrow("f: teacherLogits holds -Infinity at 0 but must hold finite numbers");
    call(list, list, ["a", "b"]).toThrow("f: a has shape [2] but must have 2 axes");
    call(whole, whole, ["a", "b"]).toThrow("f: a is i32 but must be f32 or f64; cast it");
    call(z, list, ["a", "b"]).toThrow("f: b has shape [2] but must match a, [1, 2]");
    call(z, double, ["a", "b"]).toThrow("f: b is f64 but must match a, f32; cast one of them");
  });
});

describe("checkPeers", () => {
  it("makes a list of one, and names which of several is wrong", () => {
    const other = z.neg();
    expect(checkPeers("f", z, other, "peers")).toEqual([other]);
    expect(checkPeers("f", z, [other, z], "peers")).toEqual([other, z]);
    expect(() => checkPeers("f", z, list, "peers")).toThrow("f: peers has shape [2] but must match logits, [1, 2]");
    expect(() => checkPeers("f", z, [], "peers")).toThrow("f: peers is empty but must hold logits of a network");
    expect(() => checkPeers("f", z, [z, list], "peers")).toThrow(
      "f: peers[1] has shape [2] but must match logits, [1, 2]",
    );
  });
});
