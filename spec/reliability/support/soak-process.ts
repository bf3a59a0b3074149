import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** What a program left. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Seconds from the last line that it wrote to its end. */
  readonly lingered: number;
}

/** A program in a process of its own. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Bundles a program of this folder; what comes back starts it, with flags for Node and arguments of its own. */
export async function bundled(
  name: string,
): Promise<(flags: readonly string[], ...args: readonly string[]) => Running> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(name, import.meta.url))],
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    conditions: ["cotangent-source"],
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
    external: ["canvas"],
    write: false,
  });
  const [{ text }] = outputFiles;
  return (flags, ...args) => {
    // By standard input and in this folder: packages are looked up from here, as they are by the sources.
    const child = spawn(process.execPath, [...flags, "--input-type=module", "-", ...args], { cwd: root });
    child.stdin.end(text);
    const [out, err]: [string[], string[]] = [[], []];
    let last = performance.now();
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      last = performance.now();
      out.push(part);
    });
    child.stderr.setEncoding("utf8").on("data", (part: string) => err.push(part));
    const ended = new Promise<Ended>((resolve) => {
      child.on("close", (code) => {
        const lingered = (performance.now() - last) / 1000;
        resolve({ code, stdout: out.join(""), stderr: err.join(""), lingered });
      });
    });
    return { child, ended };
  };
}
