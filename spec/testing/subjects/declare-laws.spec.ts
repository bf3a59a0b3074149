import { cpu, type Tensor } from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { declareLaws, isSubject, lossSubject, scores } from "cotangent/testing";
import { describe, expect, it } from "vitest";

const inputs = { x: scores(["n"]) };
const square = (loss: (x: Tensor) => Tensor) =>
  lossSubject({ ...{ name: "square", inputs, shape: ["n"] }, loss: ({ x }) => loss(x) });
const right = square((x) => x.mul(x));

describe("declareLaws", () => {
  declareLaws(right, it, [cpu(), wasm()], { runs: 2 });

  it("declares every law once for each backend, and says on which", () => {
    const names: string[] = [];
    declareLaws(right, (name) => names.push(name), [wasm(), cpu()], { runs: 3 });
    const [first, second] = [wasm(), cpu()].map((backend) => right.laws(backend, backend).length);
    expect(names).toHaveLength(first + second);
    expect(names[0]).toBe("square has shape [n] and the dtype of its inputs, on wasm (3 runs)");
    expect(names[names.length - 1]).toBe(
      "square agrees with wasm in f64, value, gradient and curvature, to 1e-9 in f64 and 0.0001 in f32, on cpu (3 runs)",
    );
  });

  it("rejects where a law does not hold", async () => {
    const bodies: (() => Promise<void>)[] = [];
    declareLaws(
      square((x) => x.mul(x).sum()),
      (_, body) => bodies.push(body),
      [cpu()],
      { runs: 2 },
    );
    await expect(bodies[0]()).rejects.toThrow("Property failed after 1 tests");
  });

  it("asks for a backend with f64", () => {
    expect(() => declareLaws(right, it, [])).toThrow(
      "declareLaws: backends is none but must have one with f64; add cpu()",
    );
  });
});

describe("isSubject", () => {
  it("tells a subject from what else a module exports", () => {
    expect(isSubject(right)).toBe(true);
    for (const other of [
      undefined,
      null,
      1,
      "loss",
      () => right,
      {},
      { kind: "loss", name: "x" },
      { ...right, kind: "x" },
    ]) {
      expect(isSubject(other)).toBe(false);
    }
  });
});
