import { describe, expect, it } from "vitest";
import { describeSite, type Site, siteRecorder } from "../../src/autodiff/sites.js";

/** A site with a stack as a host writes it. */
function siteOf(stack: string, gradientOf?: Site["gradientOf"]): Site {
  return { stack: Object.assign(new Error("site"), { stack }), gradientOf };
}

describe("describeSite", () => {
  it("names the line outside of the library's sources, and the function that it calls", () => {
    const stack = `Error: site
    at Object.record (/app/lib/src/autodiff/sites.ts:33:21)
    at apply (/app/lib/src/autodiff/graph.ts:35:34)
    at Array.map (<anonymous>)
    at Module.logSumExp (/app/lib/src/autodiff/ops/reduce.ts:35:34)
    at focalLoss (/app/lib/src/methods/classification/focal-loss.ts:35:34)
    at /app/model.ts:12:8
    at async Promise.all (index 0)`;
    expect(describeSite(siteOf(stack))).toBe("focalLoss, called at /app/model.ts:12:8");
  });

  it("names the library's only function on the way", () => {
    const stack = `Error: site
    at exp (/lib/autodiff/sites.js:1:1)
    at main (/app.js:2:1)`;
    expect(describeSite(siteOf(stack))).toBe("exp, called at /app.js:2:1");
  });

  it("takes the folder of a package that was bundled for the library", () => {
    const stack = `Error: site
    at Object.record (file:///app/node_modules/cotangent/dist/chunk-AB.js:33:21)
    at apply (file:///app/node_modules/cotangent/dist/chunk-AB.js:35:34)
    at exp (file:///app/node_modules/cotangent/dist/methods/sampling/index.js:5:3)
    at async train (file:///app/train.js:7:9)`;
    expect(describeSite(siteOf(stack))).toBe("exp, called at file:///app/train.js:7:9");
  });

  it("reads stacks of Firefox and Safari", () => {
    const stack = `record@http://localhost/deps/cotangent.js?v=1:33:21
apply@http://localhost/deps/cotangent.js?v=1:35:34
exp@http://localhost/deps/chunk.js?v=1:5:3
@http://localhost/src/page.js:7:9`;
    expect(describeSite(siteOf(stack))).toBe("exp, called at http://localhost/src/page.js:7:9");
  });

  it("names the functions that led there where all is one file", () => {
    const stack = `Error: site
    at record (/app/bundle.js:33:21)
    at apply (/app/bundle.js:35:34)
    at exp (/app/bundle.js:40:1)
    at softmax (/app/bundle.js:50:2)
    at loss (/app/bundle.js:60:3)
    at step (/app/bundle.js:70:4)
    at main (/app/bundle.js:80:5)
    at node:internal/process/task_queues:95:5`;
    expect(describeSite(siteOf(stack))).toBe("exp in softmax in loss in step in main, called at /app/bundle.js:50:2");
  });

  it("names seven functions at most", () => {
    const deep = Array.from({ length: 9 }, (_, i) => `    at f${i} (/app/bundle.js:${i}:1)`);
    const stack = ["    at record (/app/bundle.js:33:21)", "    at apply (/app/bundle.js:35:34)", ...deep].join("\n");
    expect(describeSite(siteOf(stack))).toBe("f0 in f1 in f2 in f3 in f4 in f5 in f6, called at /app/bundle.js:1:1");
  });

  it("names the operation's own line where all is one file and nothing else called it", () => {
    const stack = `Error: site
    at record (/app/bundle.js:33:21)
    at apply (/app/bundle.js:35:34)
    at exp (/app/bundle.js:40:1)
    at node:internal/process/task_queues:95:5`;
    expect(describeSite(siteOf(stack))).toBe("exp, called at /app/bundle.js:40:1");
  });

  it("says so where the library's function has no name", () => {
    const stack = `Error: site
    at record (/lib/autodiff/sites.js:1:1)
    at apply (/lib/autodiff/graph.js:1:1)
    at /lib/autodiff/transforms.js:9:9
    at node:internal/process/task_queues:95:5
    at user (/app.js:2:1)`;
    expect(describeSite(siteOf(stack))).toBe("a function without a name, called at /app.js:2:1");
  });

  it("says so where there is no stack", () => {
    expect(describeSite(siteOf(""))).toBe("a place that this host does not tell");
  });

  it("says what a gradient belongs to, to any order", () => {
    const at = (line: number) => `Error: site
    at record (/lib/autodiff/sites.js:1:1)
    at apply (/lib/autodiff/graph.js:1:1)
    at f${line} (/lib/autodiff/ops/unary.js:1:1)
    at user (/app.js:${line}:1)`;
    const log = siteOf(at(1));
    const div = siteOf(at(2), { op: "log", site: log });
    const mul = siteOf(at(3), { op: "div", site: div });
    expect(describeSite(mul)).toBe(
      "the gradient of div (the gradient of log (f1, called at /app.js:1:1), taken in f2, called at /app.js:2:1), taken in f3, called at /app.js:3:1",
    );
  });
});

describe("siteRecorder", () => {
  it("looks at 64 frames, and leaves the host's own number of them alone", () => {
    const recorder = siteRecorder();
    const below = (depth: number): Site => (depth === 0 ? (recorder.record() as Site) : below(depth - 1));
    const before = Error.stackTraceLimit;
    const { stack } = below(100);
    expect(stack.stack!.match(/^ +at /gm)).toHaveLength(64);
    expect(Error.stackTraceLimit).toBe(before);
  });

  it("notes the gradient that a call belongs to, and no longer once its rule is done or has failed", () => {
    const recorder = siteRecorder();
    const site = recorder.record();
    const within = recorder.inGradientOf("exp", site, () => recorder.record()) as Site;
    expect([within.gradientOf?.op, within.gradientOf?.site === site]).toEqual(["exp", true]);
    const inner = recorder.inGradientOf("exp", site, () => {
      recorder.inGradientOf("log", within, () => recorder.record());
      return recorder.record();
    }) as Site;
    expect(inner.gradientOf?.op).toBe("exp");
    const fails = () => {
      throw new TypeError("no rule");
    };
    expect(() => recorder.inGradientOf("exp", site, fails)).toThrow(new TypeError("no rule"));
    expect((recorder.record() as Site).gradientOf).toBeUndefined();
  });
});
