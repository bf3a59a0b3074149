import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build as bundleByEsbuild } from "esbuild";
import { build as bundleByVite } from "vite";
import { beforeAll, describe, expect, it } from "vitest";
import type { Packed } from "../../../scripts/package.mjs";
import { entryPoints } from "../support/entry-points.js";
import { install, link, runInNode } from "../support/install.js";
import { expectTrained, type Outcome, program } from "../support/program.js";
import { describeInChromium } from "./chromium.js";

export function describeLibrary(library: () => Packed): void {
  const folder = () => join(dirname(library().tarball), "installed-library");
  const installed = () => join(folder(), "node_modules", "cotangent");

  describe("the library, installed from its tarball", () => {
    let expected: Outcome;
    beforeAll(async () => {
      await install(folder(), library().tarball);
      expected = expectTrained(await runInNode(folder(), "expected.mjs", program()), [1, 2]);
    }, 120_000);

    it("trains in Node, with a second thread that starts from the package", async () => {
      const counting = `
const threads = process.getBuiltinModule("node:worker_threads");
const { Worker } = threads;
let started = 0;
threads.Worker = class extends Worker {
  constructor(...args) {
    super(...args);
    started += 1;
  }
};
await import("./expected.mjs");
console.log(started);`;
      const [outcome, started] = (await runInNode(folder(), "counting.mjs", counting)).trimEnd().split("\n");
      expect(expectTrained(outcome, [1, 2])).toEqual(expected);
      expect(started).toBe("1");
    });

    it("gives every entry point in Node; cotangent/testing once fast-check is there", async () => {
      const names = entryPoints(installed()).filter(({ types }) => types !== undefined);
      const asking = `
const outcome = {};
for (const name of ${JSON.stringify(names.map(({ name }) => name.replace(".", "cotangent")))}) {
  outcome[name] = await import(name).then((module) => Object.keys(module).length, (problem) => problem.message.split(" from ")[0]);
}
console.log(JSON.stringify(outcome));`;
      const without: Record<string, number | string> = JSON.parse(await runInNode(folder(), "all.mjs", asking));
      expect(without["cotangent/testing"]).toBe("Cannot find package 'fast-check' imported");
      const { "cotangent/testing": _, ...others } = without;
      expect(Object.entries(others).filter(([, exported]) => !(Number(exported) > 0))).toEqual([]);
      link(folder(), "fast-check");
      const withPeer: Record<string, number> = JSON.parse(await runInNode(folder(), "all.mjs", asking));
      expect(withPeer).toEqual({ ...others, "cotangent/testing": expect.any(Number) });
    });

    it("gives nothing else", async () => {
      const names = [
        "cotangent/dist/index.js",
        "cotangent/methods",
        "cotangent/methods/none",
        "cotangent/backends/schedule",
      ];
      const asking = `
const outcome = [];
for (const name of ${JSON.stringify(names)}) outcome.push(await import(name).catch(({ code }) => code));
console.log(JSON.stringify(outcome));`;
      expect(JSON.parse(await runInNode(folder(), "inside.mjs", asking))).toEqual([
        "ERR_PACKAGE_PATH_NOT_EXPORTED",
        "ERR_PACKAGE_PATH_NOT_EXPORTED",
        "ERR_MODULE_NOT_FOUND",
        "ERR_MODULE_NOT_FOUND",
      ]);
    });

    it("is bundled by esbuild into one file that needs nothing else", async () => {
      const { outputFiles } = await bundleByEsbuild({
        stdin: { contents: program(), resolveDir: folder() },
        bundle: true,
        minify: true,
        format: "esm",
        platform: "browser",
        target: "es2022",
        write: false,
      });
      const elsewhere = join(dirname(library().tarball), "bundled-by-esbuild");
      mkdirSync(elsewhere);
      const printed = await runInNode(elsewhere, "bundle.mjs", outputFiles[0].text);
      expect(expectTrained(printed, [1, 2])).toEqual(expected);
    });

    it("is bundled by vite into one file that needs nothing else", async () => {
      const elsewhere = join(dirname(library().tarball), "bundled-by-vite");
      await bundleByVite({
        root: folder(),
        configFile: false,
        logLevel: "error",
        build: {
          target: "es2022",
          outDir: elsewhere,
          emptyOutDir: true,
          lib: { entry: join(folder(), "expected.mjs"), formats: ["es"], fileName: () => "bundle.mjs" },
        },
      });
      const bundle = readFileSync(join(elsewhere, "bundle.mjs"), "utf8");
      expect(expectTrained(await runInNode(elsewhere, "bundle.mjs", bundle), [1, 2])).toEqual(expected);
    });

    describeInChromium(folder, () => expected);
  });
}
