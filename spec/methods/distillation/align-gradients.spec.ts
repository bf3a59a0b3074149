import { type Tensor, tensor } from "cotangent";
import { alignGradients } from "cotangent/methods/distillation";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { sum } from "./support/logit-pairs.js";

const tree = (values: Float64Array) => ({
  weights: tensor(values.slice(0, 4), { shape: [2, 2] }) as Tensor,
  bias: tensor(values.slice(4)) as Tensor,
});
const flat = async ({ weights, bias }: ReturnType<typeof tree>) => [...(await weights.data()), ...(await bias.data())];
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => sum(Array.from(a, (x, i) => x * b[i]));

describe("alignGradients", () => {
  law("takes out what works against the reference, and nothing else", floats([6]), floats([6]), async (g, r) => {
    const aligned = await flat(alignGradients(tree(g), tree(r)));
    const product = dot(g, r);
    const expected = g.map((x, i) => (product < 0 ? x - (product / dot(r, r)) * r[i] : x));
    await expectClose(aligned, expected, { tolerance: 1e-13 });
    expect(dot(aligned, r)).toBeGreaterThanOrEqual(-1e-12);
    if (product < 0) expect(Math.abs(dot(aligned, r))).toBeLessThan(1e-12);
    else expect(aligned).toEqual([...g]);
    const both = aligned.map((x, i) => x + r[i]);
    expect(dot(both, r)).toBeGreaterThanOrEqual(dot(r, r) - 1e-12);
  });

  it("leaves gradients alone that agree ever so little", async () => {
    const [g, r] = [Float64Array.of(0.1, 0, 0, 0, 0, 5), Float64Array.of(0.1, 3, 0, 0, 0, 0)];
    expect(await flat(alignGradients(tree(g), tree(r)))).toEqual([...g]);
  });

  it("does nothing where the reference is 0", async () => {
    const g = Float64Array.of(1, 2, 3, 4, 5, 6);
    expect(await flat(alignGradients(tree(g), tree(new Float64Array(6))))).toEqual([...g]);
  });

  it("names what is wrong", () => {
    const { weights, bias } = tree(new Float64Array(6));
    expect(() => alignGradients([], [])).toThrow("alignGradients: gradients has no tensor but must have one");
    expect(() => alignGradients<object>({ weights, bias }, { weights })).toThrow(
      "alignGradients: reference has no tensor at bias but must have all those of gradients",
    );
    expect(() => alignGradients({ weights }, { weights: bias })).toThrow(
      "alignGradients: reference.weights has shape [2] but must match gradients, [2, 2]",
    );
    expect(() => alignGradients({ bias }, { bias: tensor([1, 2]) })).toThrow(
      "alignGradients: reference.bias is f32 but must match gradients, f64; cast one of them",
    );
  });
});
