import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";
import { instrument } from "../../scripts/mutate/instrument.mjs";
import { isAbout, readReasons } from "../../scripts/mutate/reasons.mjs";
import { sampleOf } from "../../scripts/mutate/run-file.mjs";
import { readSpecs } from "../../scripts/mutate/specs.mjs";
import { hashOf, isValid, openResults } from "../../scripts/mutate/store.mjs";
import { WorkerProcess } from "../../scripts/mutate/worker-process.mjs";

const root = new URL("../../", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "cotangent-mutate-"));
afterAll(() => rmSync(folder, { recursive: true }));

const changesOf = (source: string) => instrument(source).mutants.map(({ change }) => change);

describe("the mutants of a source file", () => {
  it.each([
    ["a flipped sign", "export const f = (x) => -x;", ["- → …"]],
    ["a sum", "export const f = (x, y) => x + y;", ["+ y → …", "+ → -"]],
    ["a difference", "export const f = (x, y) => x - y;", ["x → y, y → x", "- → +"]],
    ["a dropped factor", "export const f = (x, y) => x * y;", ["* y → …", "* → /"]],
    ["a bound", "export const f = (x, y) => x < y;", ["< → <=", "< → >="]],
    ["a number", "export const f = () => 4;", ["4 → 5"]],
    ["a truth value", "export const f = () => ({ keepDims: true });", ["true → false"]],
    ["an axis", "export const f = (x) => x.max(2);", ["max → mean", "2 → 1"]],
    ["a reduction", "export const f = (x) => x.sum();", ["sum → mean"]],
    [
      "a loop",
      "export function f(n) { for (let i = 0; i < n; i++) g(i); }",
      ["0 → 1", "i < n → false", "< → <=", "g(i) → undefined"],
    ],
    ["a guard", "export function f(x) { if (x) return; g(); }", ["x → true", "x → false", "g() → undefined"]],
    ["a check", "export function f(x) { if (x) throw new Error(String(x + 1)); }", ["x → false"]],
    ["swapped arguments", "export const f = (x, y) => pow(x, y);", ["x → y, y → x"]],
    [
      "branches",
      "export const f = (c, x) => where(c, x, 0);",
      ["… → stopGradient(…)", "c → x, x → c", "… → stopGradient(…) (#2)", "x → 0, 0 → x", "0 → 1"],
    ],
    ["a gradient that should not flow", "export const f = (x) => stopGradient(x);", ["stopGradient(x) → x"]],
    [
      "a term",
      "export const f = (x, y) => x.mul(y);",
      ["… → stopGradient(…)", ".mul(y) → …", "mul → div", "… → stopGradient(…) (#2)"],
    ],
    ["a range", "export const f = (x, n) => x.slice(0, n);", ["0 → 1", "… → (…) + 1"]],
    [
      "types and names",
      "interface A { readonly 0: 1 }\nimport { a } from './b.js';\nexport const f = (x: 1): A => x as A;",
      [],
    ],
    ["a chain that may end early", "export const f = (x) => x?.y.mul(2);", ["2 → 3"]],
  ])("are those of %s", (_, source, expected) => {
    expect(changesOf(source)).toEqual(expected);
  });

  it("compute what the changed text computes, and nothing else where none is chosen", () => {
    const source = `export function f(x, y) {
  let total = 0;
  for (let i = 0; i < x.length; i++) {
    if (x[i] >= 0 && !(x[i] > 9)) total += x[i] * y - (i + 1) ** 2 / 4;
    else total -= Math.max(-x[i], y) % 3;
  }
  return total > 5 ? [total, ...x.slice(1, y).reverse()] : x.filter((v) => v !== y).map((v) => v ?? -1);
}`;
    const { text, mutants } = instrument(source);
    const inputs = [
      [[1, 2, 3], 2],
      [[-4, 0.5, 12, 7], 3],
      [[], 1],
      [[0, -1, 9, 9, undefined], 9],
    ];
    type F = (...input: unknown[]) => unknown;
    const run = (code: string) => {
      const f = new Function(`${code.replace("export ", "")}; return f;`)() as F;
      return inputs.map((input) => f(...input));
    };
    const choose = (site: number, pick: number) => {
      const hits = new Uint8Array(1000);
      Object.assign(globalThis, { [Symbol.for("cotangent.mutation")]: { site, pick, hits } });
    };
    expect(mutants.length).toBeGreaterThan(40);
    const plain = run(source);
    choose(0, 0);
    expect(run(text)).toEqual(plain);
    let different = 0;
    for (const { site, pick, before, after } of mutants) {
      const changed = run(source.replace(before, () => after));
      choose(site, pick);
      expect(run(text), after).toEqual(changed);
      if (JSON.stringify(changed) !== JSON.stringify(plain)) different++;
    }
    expect(different).toBeGreaterThan(0.8 * mutants.length);
  });

  it("keep their names when other lines come and go, and differ in them", () => {
    const source = readFileSync(`${root}src/methods/metric/poincare.ts`, "utf8");
    const names = instrument(source).mutants.map(({ id }) => id);
    expect(instrument(`// a line\n\n${source}`).mutants.map(({ id }) => id)).toEqual(names);
    expect(new Set(names).size).toBe(names.length);
  });

  it("make a sample that more only add to", () => {
    const { mutants } = instrument(readFileSync(`${root}src/methods/metric/poincare.ts`, "utf8"));
    expect(sampleOf(mutants, 20).slice(0, 12)).toEqual(sampleOf(mutants, 12));
    expect(sampleOf([...mutants].reverse(), 12)).toEqual(sampleOf(mutants, 12));
  });
});

describe("the specs that are asked", () => {
  const specs = readSpecs();

  it("are a file's own first, then those of what uses it", () => {
    const [own, others] = specs.tiersOf("src/methods/sampling/sampled-softmax.ts");
    expect(own).toContain("spec/methods/sampling/sampled-softmax.spec.ts");
    expect(own).toContain("spec/methods/sampling/sampled-softmax-bias.spec.ts");
    expect(own.some((spec) => spec.endsWith(".claim.spec.ts"))).toBe(false);
    expect(others.length).toBeLessThanOrEqual(5);
    const [first] = specs.tiersOf("src/methods/sampling/kernel-tree-walk.ts"); // has none of its own
    expect(first).toContain("spec/methods/sampling/kernel-sampling-tree.spec.ts");
  });
});

describe("results", () => {
  const killed = { mutant: "a", result: "killed", specs: { "x.spec.ts": hashOf("law") } };
  const survived = { mutant: "b", result: "survived", specs: { "x.spec.ts": hashOf("law") } };

  it("are there again, but for a line that was cut off and for another text of the source", () => {
    const open = (source = "text") => openResults(folder, "src/a.ts", source);
    const first = open();
    first.keep(killed);
    first.keepPassed("tier", "b");
    first.keep(survived);
    const [path] = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
    appendFileSync(join(folder, path), '{"mutant":"c","res');
    const second = open();
    expect([...second.results.values()]).toEqual([killed, survived]);
    expect(second.hasPassed("tier", "b")).toBe(true);
    expect(second.hasPassed("tier", "a")).toBe(false);
    second.keep({ ...killed, mutant: "c" });
    expect([...open().results.keys()]).toEqual(["a", "b", "c"]);
    expect([...open("other").results]).toEqual([]);
  });

  it("hold until a spec that they rest on changes, and for survivors until another comes", () => {
    const specs = new Map([
      ["x.spec.ts", "law"],
      ["y.spec.ts", "more"],
    ]);
    const textOf = (spec: string) => specs.get(spec);
    expect(isValid(undefined, [["x.spec.ts"]], textOf)).toBe(false);
    for (const result of [killed, survived]) {
      expect(isValid(result, [["x.spec.ts"]], textOf)).toBe(true);
      expect(isValid(result, [["x.spec.ts"]], (spec) => `${textOf(spec)}!`)).toBe(false);
    }
    expect(isValid(killed, [["x.spec.ts", "y.spec.ts"]], textOf)).toBe(true);
    expect(isValid(survived, [["x.spec.ts", "y.spec.ts"]], textOf)).toBe(false);
  });
});

describe("reasons", () => {
  it("stand under their file, after the line and what becomes of it", () => {
    const reasons = readReasons(
      "# Survivors\n\nWhat they are.\n\n## src/a.ts\n\n    return  x * 2;\n    2 → 3\n    * → /\n\nNobody can\nsee it.\n\n## spec/a.spec.ts\n\n    a › holds\n\nIt cannot fail.\n",
    );
    expect(reasons).toEqual([
      { file: "src/a.ts", line: "return  x * 2;", changes: ["2 → 3", "* → /"], reason: "Nobody can\nsee it." },
      { file: "spec/a.spec.ts", line: "a › holds", changes: [], reason: "It cannot fail." },
    ]);
    const mutant = { file: "src/a.ts", before: "  return x * 2;", change: "* → /" };
    expect(isAbout(reasons[0], mutant)).toBe(true);
    for (const other of [{ file: "src/b.ts" }, { before: "return x;" }, { change: "2 → 4" }]) {
      expect(isAbout(reasons[0], { ...mutant, ...other })).toBe(false);
    }
  });
});

describe("a worker", () => {
  it("tells what each test reaches, what turns red, what takes too long and what ends the process", async () => {
    const bundle = join(folder, "bundle.mjs");
    const { text, sites, mutants } = instrument("export function f(n) { let i = 0; while (i < n) i++; return i; }");
    writeFileSync(
      bundle,
      `${transformSync(text, { loader: "ts" }).code}
export const autodiff = {};
const test = (name, body) => ({ kind: "law", suites: [], name, async run() {
  try { body(); return {}; } catch ({ message }) { return { failure: { message } }; }
} });
const declared = [
  test("does nothing", () => {}),
  test("counts", () => { const c = f(3); if (c !== 3) throw new Error(c + " is not 3"); }),
  test("stops", () => { if (f(-1) < 0) process.exit(1); }),
];
globalThis[Symbol.for("cotangent.mutation")].declared.push({ declared, end() {} });`,
    );
    const worker = new WorkerProcess();
    const limit = () => 1000;
    const { tests } = await worker.run({ bundle, sites }, limit);
    expect(tests?.map(({ name, sites }) => [name, sites.length > 0])).toEqual([
      ["does nothing", false],
      ["counts", true],
      ["stops", true],
    ]);
    const ask = (change: string) => {
      const { site, pick } = mutants.find((mutant) => mutant.change === change)!;
      return worker.run({ bundle, sites, site, pick, first: [1], rest: [0, 2] }, limit);
    };
    expect(await ask("< → <=")).toEqual({ red: [1], message: "4 is not 3" });
    expect(await ask("0 → 1")).toEqual({ red: [] });
    expect(await ask("++ → --")).toMatchObject({ timedOut: true, during: 1, red: [] });
    expect(await ask("i < n → false")).toEqual({ red: [1], message: "0 is not 3" });
    worker.close();
  });
});
