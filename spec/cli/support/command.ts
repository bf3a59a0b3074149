import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";

const bundler = fileURLToPath(new URL("../../../scripts/bundle-cli.mjs", import.meta.url));

const packages = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/** What a run of the command left. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A bundled `cotangent` and a folder to run it in, for the tests of a file. */
export interface Workplace {
  /** The folder. */
  readonly folder: () => string;
  /** Writes a file there and gives its name. */
  readonly write: (name: string, text: string | Uint8Array) => string;
  /** Runs the command there to its end. */
  readonly run: (...args: readonly string[]) => Promise<Outcome>;
  /** Starts the command there. */
  readonly start: (...args: readonly string[]) => { readonly child: ChildProcess; readonly ended: Promise<Outcome> };
}

/** Sets a workplace up before the tests of a file, and removes it after them; `verify` brings the laws along. */
export function workplace(...parts: readonly "verify"[]): Workplace {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cotangent-cli-"));
    execFileSync(process.execPath, [bundler, join(folder, "dist"), "cotangent", ...parts]);
    symlinkSync(packages, join(folder, "node_modules")); // for what the command does not carry itself
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const start: Workplace["start"] = (...args) => {
    const child = spawn(process.execPath, [join(folder, "dist", "cotangent.js"), ...args], { cwd: folder });
    child.stdin.end();
    const [out, err]: [string[], string[]] = [[], []];
    child.stdout.setEncoding("utf8").on("data", (text: string) => out.push(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => err.push(text));
    const ended = new Promise<Outcome>((resolve) => {
      child.on("close", (code, signal) => resolve({ code, signal, stdout: out.join(""), stderr: err.join("") }));
    });
    return { child, ended };
  };
  return {
    folder: () => folder,
    write(name, text) {
      writeFileSync(join(folder, name), text);
      return name;
    },
    run: (...args) => start(...args).ended,
    start,
  };
}
