import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { LawRecord, Verification } from "../../../cli/src/verify/record.js";
import { workplace } from "../support/command.js";

const { folder, write, run, start } = workplace("verify");
const found = (stdout: string): Verification => JSON.parse(stdout);
const failed = ({ records }: Verification) => records.filter(({ outcome }) => outcome !== "holds");

/** A loss of one's own that is declared to be (x − y)². */
const ownLoss = (loss: string) => `
import { lossSubject, scores } from "cotangent/testing";

export const subject = lossSubject({
  name: "gap",
  inputs: { first: scores(["batch"]), second: scores(["batch"]) },
  loss: ({ first, second }) => ${loss},
  shape: ["batch"],
  expected: ({ first, second }) => first.map((x, i) => (x - second[i]) ** 2),
});
`;

describe("cotangent verify", () => {
  it("runs the specs' own laws on each backend, and tells how near each came to its bound", async () => {
    const on = ["--backend", "cpu,wasm", "--runs", "3", "--seed", "7"];
    const { code, stdout, stderr } = await run("verify", "balanced-softmax-loss", "elementwise-rule", ...on, "--json");
    expect([code, stderr]).toEqual([0, ""]);
    const { records, backends } = found(stdout);
    expect(backends.map(({ name }) => name)).toEqual(["cpu", "wasm"]);
    for (const name of ["cpu", "wasm"]) expect(records.some(({ backend }) => backend === name)).toBe(true);
    expect(records.every(({ outcome, runs, seed }) => outcome === "holds" && runs === 3 && seed === 7)).toBe(true);
    const near = records.flatMap(({ nearest }) => nearest ?? []);
    expect(near.length).toBeGreaterThan(0);
    expect(near.every(({ error, bound }) => error >= 0 && error <= bound)).toBe(true);
  });

  it("shrinks what breaks a law of one's own, and gives the command that goes there at once", async () => {
    write("gap.ts", ownLoss("first.mul(first).sub(second.mul(first).mul(2)).add(second)"));
    const report = ["--report", "gap.html"];
    const { code, stdout, stderr } = await run("verify", "gap.ts", "--backend", "cpu,wasm", "--quiet", ...report);
    expect([code, stderr]).toEqual([1, "verify: 2 laws do not hold\n"]);
    expect(stdout).toContain("gap: no bound is declared (atLeast, atMost)");
    const page = readFileSync(join(folder(), "gap.html"), "utf8");
    expect(page).toContain("What does not hold");
    expect(page).not.toMatch(/(src|href)=/); // it stands alone

    const again =
      /again: cotangent (verify gap\.ts --law '([^']+)' --backend (?:cpu|wasm) --seed \d+ --path [\d:]+)/.exec(stdout);
    const words = again![1].match(/'[^']*'|\S+/g)!.map((word) => word.replaceAll("'", ""));
    const once = await run(...words, "--json");
    expect(once.code).toBe(1);
    const records = failed(found(once.stdout));
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ module: "gap.ts", subject: "gap", law: again![2], outcome: "fails", runs: 1 });
    expect(stdout).toContain(`smallest input found: ${records[0].failure!.counterexample}`);
  });

  it("says nothing against what is right", async () => {
    write("right.ts", ownLoss("first.sub(second).mul(first.sub(second))"));
    const { code, stdout } = await run("verify", "right.ts", "--backend", "wasm", "--json");
    expect([code, failed(found(stdout))]).toEqual([0, []]);
  });

  it("survives a law that takes its process with it", async () => {
    write("crash.ts", ownLoss("{ process.kill(process.pid, 'SIGKILL'); return first; }"));
    const { code, stdout } = await run(
      "verify",
      "crash.ts",
      "elementwise-rule",
      "--backend",
      "cpu",
      "--runs",
      "1",
      "--json",
    );
    expect(code).toBe(1);
    const lost: LawRecord[] = failed(found(stdout));
    expect(lost).toMatchObject([{ module: "crash.ts", outcome: "crashed" }]);
    expect(lost[0].failure!.message).toContain("the process ended with SIGKILL");
    expect(found(stdout).records.some(({ module }) => module === "methods/optimizers/elementwise-rule")).toBe(true);
  });

  it("runs random programs for as long as it is told", async () => {
    const { code, stdout } = await run("verify", "--fuzz", "1s", "--backend", "wasm", "--json");
    const { records } = found(stdout);
    expect([code, records.map(({ module, outcome }) => [module, outcome])]).toEqual([
      0,
      [
        ["fuzz", "holds"],
        ["fuzz", "holds"],
      ],
    ]);
    expect(records.every(({ runs }) => runs >= 20)).toBe(true);
  });

  it("tells what it found so far when it is stopped", async () => {
    const { child, ended } = start("verify", "sampling", "--backend", "cpu", "--runs", "1000", "--jobs", "1");
    await Promise.race([ended, new Promise((resolve) => child.stderr!.once("data", resolve))]); // its first progress
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(130);
    expect(stdout).toContain("; stopped before the end");
    expect(stderr).toContain("verify: stopped; ");
  });

  it.each([
    [
      ["nonesuch"],
      'verify: "nonesuch" is no part of the library, but must be a method, operation, family or a file of your own; cotangent methods lists what there is\n',
    ],
    [
      ["full-softmax", "--path", "3:0"],
      "verify: --path is given without --seed but needs it; take both from what a failure says\n",
    ],
    [
      ["full-softmax", "--law", "nonesuch", "--backend", "cpu", "--quiet"],
      'verify: --law is "nonesuch", which no law here has in its name; leave it out to see all\n',
    ],
    [["--backend", "gpu"], 'verify: --backend is "gpu" but must be one of wasm, cpu, webgpu\n'],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await run("verify", ...args);
    expect([code, stderr]).toEqual([2, message]);
  });
});
