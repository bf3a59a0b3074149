import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { describe, expect, it } from "vitest";
import type { Packed } from "../../../scripts/package.mjs";
import { entryPoints } from "../support/entry-points.js";
import { link } from "../support/install.js";
import { consumer, withoutPeer } from "../support/typed-programs.js";

const root = new URL("../../../", import.meta.url).pathname;

/** What a user's compiler has to know of beside the language: \`using\` frees what is held. */
const lib = ["es2022", "esnext.disposable"];

/** What the compiler says of a program in a folder where the library is installed: nothing, if it is right. */
async function compile(folder: string, program: string, options: object): Promise<string> {
  writeFileSync(join(folder, "program.ts"), program);
  const compilerOptions = { strict: true, skipLibCheck: false, noEmit: true, types: [], ...options };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, "-p", folder]).catch((problem) => problem);
  return stdout;
}

/** The part of what attw finds that is read here. */
interface Analysis {
  readonly entrypoints: Readonly<Record<string, { readonly resolutions: Readonly<Record<string, Resolutions>> }>>;
}

interface Resolutions {
  readonly resolution?: { readonly fileName: string };
  readonly implementationResolution?: { readonly fileName: string };
}

export function describeDeclarations(library: () => Packed): void {
  const unpacked = () => join(dirname(library().tarball), library().name);

  describe("the declarations of the library", () => {
    it("resolve to modules and types of them from each kind of entry point, in Node and in bundlers", async () => {
      // One of each kind, as this takes its time; the programs below import all.
      const names = entryPoints(unpacked())
        .map(({ name }) => name)
        .filter((name) => [".", "./testing", "./backends/wasm", "./methods/sampling", "./package.json"].includes(name));
      expect(names).toHaveLength(5);
      // The profile: who still resolves as Node did in version 10, or has no ES modules, is not served.
      const args = [library().tarball, "--profile", "esm-only", "--format", "json", "--entrypoints", ...names];
      const attw = `${root}node_modules/@arethetypeswrong/cli/dist/index.js`;
      const run = promisify(execFile)(process.execPath, [attw, ...args], { maxBuffer: 1e8 });
      const { stdout, code = 0 } = await run.catch((problem) => problem);
      const { entrypoints } = JSON.parse(stdout).analysis as Analysis;
      expect(Object.keys(entrypoints).sort()).toEqual([...names].sort());
      for (const [name, { resolutions }] of Object.entries(entrypoints)) {
        for (const way of ["node16-esm", "bundler"]) {
          const { resolution, implementationResolution } = resolutions[way];
          const [types, module] = [resolution?.fileName, implementationResolution?.fileName];
          expect(types, `${name}, ${way}`).toMatch(name === "./package.json" ? /package\.json$/ : /\.d\.ts$/);
          expect(module, `${name}, ${way}`).toMatch(name === "./package.json" ? /package\.json$/ : /\.js$/);
        }
      }
      expect(code, stdout).toBe(0);
    }, 180_000);

    it("come with a manifest that publint has nothing against", async () => {
      const data = readFileSync(library().tarball);
      const tarball = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
      const { messages } = await publint({ pack: { tarball }, strict: true });
      expect(messages).toEqual([]);
    });

    it.each([
      ["in Node with fast-check", consumer, { module: "nodenext" }],
      ["in a bundler without it, but for cotangent/testing", withoutPeer, { module: "preserve", lib: [...lib, "dom"] }],
    ])("compile in a strict program with no library check skipped, %s", async (_, program, options) => {
      const folder = mkdtempSync(join(dirname(library().tarball), "typed-"));
      cpSync(unpacked(), join(folder, "node_modules", "cotangent"), { recursive: true });
      if (program === consumer) link(folder, "fast-check");
      const strict = { target: "es2022", lib, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
      const all = entryPoints(unpacked())
        .filter(({ name, types }) => types !== undefined && (name !== "./testing" || program === consumer))
        .map(({ name }, i) => `export * as entry${i} from "${name.replace(".", "cotangent")}";\n`);
      expect(await compile(folder, `${program}${all.join("")}`, { ...strict, ...options })).toBe("");
    });
  });
}
