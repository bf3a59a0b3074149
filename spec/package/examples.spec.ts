import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

const root = new URL("../../", import.meta.url).pathname;

/** Runs a program as a user would, in a process of its own, and gives what it prints. */
async function run(program: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    conditions: ["cotangent-source"],
    external: ["fast-check"],
    write: false,
  });
  // By standard input: an argument may not be as long as a bundle.
  const running = promisify(execFile)(process.execPath, ["--input-type=module"], { cwd: root, timeout: 60_000 });
  running.child.stdin!.end(outputFiles[0].text);
  return (await running).stdout;
}

/** The examples in the doc comments of a file, each with the name of what it documents. */
function examplesIn(path: string): { readonly name: string; readonly program: string }[] {
  const source = readFileSync(`${root}src/${path}`, "utf8");
  const pattern = /@example\n((?: \*.*\n)+?) \*\/\n(?:export )?(?:async )?(?:function\*?|class|const) (\w+)/g;
  return [...source.matchAll(pattern)].map(([, block, name]) => ({
    name: `${path}: ${name}`,
    program: block.replaceAll(/^ \* ?/gm, ""),
  }));
}

const files = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));

describe("examples in doc comments", () => {
  it.each(files.flatMap(examplesIn))("$name", async ({ program }) => {
    await run(program);
  });
});

describe("the README", () => {
  const programs = [...readFileSync(`${root}README.md`, "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map(
    ([, code]) => code,
  );

  it("shows a program on its first screen", () => {
    const lines = readFileSync(`${root}README.md`, "utf8").split("\n");
    expect(lines.indexOf("```ts")).toBeLessThan(12);
  });

  it.each(programs.map((program, i) => ({ program, name: `program ${i + 1}` })))(
    "$name runs, and prints what it says",
    async ({ program }) => {
      const printed = (await run(program)).trimEnd().split("\n");
      const promised = [...program.matchAll(/console\.log\(.*\);? *\/\/ (.*)/g)].map(([, comment]) => comment);
      promised.forEach((line, i) => {
        expect(printed[i]).toBe(line);
      });
    },
  );
});
