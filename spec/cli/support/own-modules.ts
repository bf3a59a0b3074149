import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll } from "vitest";
import { bundleOwn } from "../../../cli/src/verify/own-module.js";
import type { Verdict } from "./run-laws.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** A folder for modules of one's own, and a library as the command carries one. */
export interface OwnModules {
  readonly folder: () => string;
  /** Writes a file there and gives its path. */
  readonly write: (name: string, text: string) => string;
  readonly bundle: (path: string) => Promise<string>;
  /** Bundles the modules and runs their laws, all in one process. */
  readonly verify: (paths: readonly string[]) => Promise<readonly Verdict[]>;
}

/** Builds the library before the tests of a file, and removes everything after them. */
export function ownModules(): OwnModules {
  let folder = "";
  const carried = () => join(folder, "carried");
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "cotangent-own-"));
    const methods = ["classification", "sampling"].map((family) => [
      `library/methods/${family}`,
      `src/methods/${family}/index.ts`,
    ]);
    await build({
      absWorkingDir: root,
      entryPoints: Object.fromEntries([
        ["library/index", "src/index.ts"],
        ["library/testing", "src/testing.ts"],
        ["library/fast-check", "fast-check"],
        ["run-laws", "spec/cli/support/run-laws.ts"],
        ...methods,
      ]),
      outdir: carried(),
      bundle: true,
      splitting: true,
      platform: "node",
      target: "node20",
      format: "esm",
      conditions: ["cotangent-source"],
      external: ["esbuild", "webgpu"],
      logLevel: "warning",
    });
    writeFileSync(join(carried(), "package.json"), '{ "type": "module" }');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  let bundles = 0;
  const bundle = (path: string) =>
    bundleOwn(path, { library: join(carried(), "library"), outdir: join(folder, "bundles", String(bundles++)) });
  return {
    folder: () => folder,
    write(name, text) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return path;
    },
    bundle,
    async verify(paths) {
      const args = await Promise.all(paths.map(bundle));
      const { stdout } = await promisify(execFile)(process.execPath, [join(carried(), "run-laws.js"), ...args]);
      return JSON.parse(stdout);
    },
  };
}
