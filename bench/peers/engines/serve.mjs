// The engine's side of the conversation: a command a line on stdin, an answer a line on stdout.
//
//   { do: "prepare", work, size, seed }   → {} or { missing }      makes the inputs
//   { do: "result" }                      → { result }             runs once and tells what came out
//   { do: "time", times, together }       → { ms }                 runs so often, `together` without waiting in between;
//                                                                  milliseconds of all together
//   { do: "release" }                     → {}
import { createInterface } from "node:readline";
import { fingerprint } from "./fingerprint.mjs";
import { inputsOf } from "./inputs.mjs";

/**
 * A work prepared: `run` computes it once and lets the result go; `result` computes it and gives what is compared. One
 * that cannot be run a single time has a `time` of its own.
 *
 * @typedef {{ run?: () => unknown, time?: (times: number) => number, result: () => unknown, release?: () => void }} Prepared
 */

/**
 * @param {{ version: string, works: Record<string, (inputs: any, size: number) => Prepared | Promise<Prepared>> }} engine
 */
export async function serve({ version, works }) {
  const answer = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
  let prepared;

  const commands = {
    async prepare({ work, size, seed }) {
      const prepare = works[work];
      if (prepare === undefined) return { missing: "has no such thing" };
      prepared = await prepare(inputsOf(work, size, seed), size);
      return {};
    },
    async result() {
      const parts = await prepared.result();
      return { result: Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, fingerprint(part)])) };
    },
    async time({ times, together }) {
      const { run, time } = prepared;
      if (time !== undefined) return { ms: time(times) };
      const start = performance.now();
      if (together) await Promise.all(Array.from({ length: times }, run));
      else
        for (let i = 0; i < times; i++) {
          const running = run();
          if (running instanceof Promise) await running; // an await of nothing would cost as much as a tiny operation
        }
      return { ms: performance.now() - start };
    },
    async release() {
      await prepared?.release?.();
      prepared = undefined;
      return {};
    },
  };

  answer({ ready: version });
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    try {
      answer(await commands[command.do](command));
    } catch (error) {
      answer({ error: error instanceof Error ? error.message : String(error) });
    }
  }
  process.exit();
}
