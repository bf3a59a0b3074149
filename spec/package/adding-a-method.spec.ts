import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(root, "docs/adding-a-method.md"), "utf8");
const run = promisify(execFile);

/** The code below a heading. */
function codeOf(heading: string): string {
  const section = page.slice(page.indexOf(`## ${heading}`));
  return /```ts\n([\s\S]*?)```/.exec(section)![1];
}

describe("adding a method as docs/adding-a-method.md says", () => {
  let copy = "";
  const at = (...path: string[]) => join(copy, ...path);
  const node = (...args: readonly string[]) =>
    run(process.execPath, [...args], { cwd: copy, env: { ...process.env, NO_COLOR: "1" }, maxBuffer: 2 ** 26 });

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), "cotangent-method-"));
    for (const part of ["src", "spec", "scripts", "cli", "docs", "datasets"]) {
      const isWanted = (path: string) => !/node_modules|[\\/]dist([\\/]|$)/.test(path.slice(root.length));
      cpSync(join(root, part), at(part), { recursive: true, filter: isWanted });
    }
    for (const file of ["package.json", "tsconfig.json", "vitest.config.ts"]) cpSync(join(root, file), at(file));
    mkdirSync(at("node_modules"));
    for (const name of readdirSync(join(root, "node_modules"))) {
      if (!["cotangent", "cotangent-cli"].includes(name)) {
        symlinkSync(join(root, "node_modules", name), at("node_modules", name));
      }
    }
    symlinkSync("..", at("node_modules/cotangent"));
    if (existsSync(join(root, "cli/node_modules"))) symlinkSync(join(root, "cli/node_modules"), at("cli/node_modules"));

    const index = at("src/methods/classification/index.ts");
    const line = codeOf("3.");
    const file = (of: string) => /from "(.*)\.js"/.exec(of)?.[1];
    const lines = readFileSync(index, "utf8").split(/(?<=;[^\n]*\n)/);
    const place = lines.findIndex((one) => (file(one) ?? "") > file(line)!);
    writeFileSync(index, [...lines.slice(0, place), line, ...lines.slice(place)].join(""));
    writeFileSync(at("src/methods/classification/focal-loss.ts"), codeOf("1."));
    writeFileSync(at("spec/methods/classification/focal-loss.spec.ts"), codeOf("2."));
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it("passes its laws, the rules for all methods, and the type checker", async () => {
    const specs = ["spec/methods/classification/focal-loss.spec.ts", "spec/package/catalogue.spec.ts"];
    const { stdout } = await node("node_modules/vitest/vitest.mjs", "run", ...specs, "spec/package/extremes.spec.ts");
    expect(stdout).toMatch(/Test Files {2}3 passed/);
    const types = at("tsconfig.method.json");
    const files = ["src/methods/classification/focal-loss.ts", specs[0]];
    writeFileSync(types, JSON.stringify({ extends: "./tsconfig.json", include: [], files }));
    await node("node_modules/typescript/bin/tsc", "--noEmit", "--project", types);
  }, 300_000);

  it("shows up in the docs, in the catalogue and among what can be verified", async () => {
    await node("scripts/docs.mjs");
    const docs = readFileSync(at("docs/methods/classification.md"), "utf8");
    expect(docs).toContain(
      "Sigmoid focal loss: cross-entropy that fades on examples that the model already gets right.",
    );
    expect(docs).toContain("is cross-entropy when γ is 0");
    expect(readFileSync(at("docs/methods/README.md"), "utf8")).toContain("classification.md#focalloss");
    await node("scripts/bundle-cli.mjs", at("cli/dist"), "cotangent", "verify");
    const command = at("cli/dist/cotangent.js");
    const { stdout: listed } = await node(command, "methods", "focal");
    expect(listed).toContain("focalLoss  Sigmoid focal loss: cross-entropy that fades on examples that the model");
    const { stdout: verified } = await node(command, "verify", "focalLoss", "--backend", "cpu", "--runs", "2");
    expect(verified).toContain("has a right gradient, to second order");
    expect(verified).toMatch(/6 laws on cpu: 6 hold, none fails/);
  }, 300_000);

  it("is broken in every way by npm run mutate, and each break turns something red", async () => {
    const { stdout } = await node("scripts/mutate.mjs", "focal-loss");
    expect(stdout).toMatch(/focal-loss\.ts: \d+ killed/);
    expect(stdout).not.toMatch(/survived|not covered/);
  }, 300_000);
});
