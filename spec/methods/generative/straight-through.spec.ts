import { grad, randomKey, type Tensor, tensor } from "cotangent";
import { sampleRelaxed, straightThrough } from "cotangent/methods/generative";
import { floats, seeds } from "cotangent/testing";
import { describe, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { instances } from "./support/instances.js";

describe.each(instances)("straightThrough of $name", ({ family, shape }) => {
  const size = shape.reduce((a, b) => a * b, 1);

  law("is the hard object with the gradient of the relaxed one", floats([size]), seeds, async (theta, seed) => {
    const at = tensor(theta, { shape });
    const weights = tensor(
      theta.map((_, i) => 1 + i * i),
      { shape },
    );
    const sample = (x: Tensor) => sampleRelaxed(family, randomKey(seed), x, 0.7);
    await expectClose(straightThrough(sample(at)), sample(at).hard, { tolerance: 0 });
    const through = grad((x: Tensor) => straightThrough(sample(x)).mul(weights).sum())(at);
    const relaxed = grad((x: Tensor) => sample(x).relaxed.mul(weights).sum())(at);
    await expectClose(through, relaxed, { tolerance: 0 });
  });
});

it("straightThrough takes no gradient through the hard object, whatever that depends on", async () => {
  const f = (x: Tensor) => straightThrough({ hard: x.mul(3), relaxed: x.mul(x) }).sum();
  await expectClose(grad(f)(tensor(Float64Array.of(1, -2))), [2, -4], { tolerance: 0 });
});
