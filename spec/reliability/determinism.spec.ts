import { availableParallelism } from "node:os";
import { type Backend, cpu } from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { beforeAll, describe, expect, it } from "vitest";
import { gpu, noGpu } from "../support/law.js";
import type { Answer, Task } from "./support/determinism-program.js";
import { drawn, type Trained, trained } from "./support/determinism-training.js";
import { bundled } from "./support/soak-process.js";

const long = process.env.COTANGENT_LONG === "1";
const steps = 500;
/** A software device takes some 30 ms a step. */
const stepsOnGpu = long ? 500 : 40;
const threadsAvailable = availableParallelism() > 1;

const mixed = { kind: "mixed", steps, dtype: "f32" } as const;
const arithmetic = { ...mixed, kind: "arithmetic" } as const;
const onCpu: Task = { ...mixed, name: "cpu", backend: "cpu" };
const onWasm = (threads: number): Task => ({ ...mixed, name: `wasm, ${threads}`, backend: "wasm", threads });
const onGpu: Task = { ...mixed, name: "webgpu", backend: "webgpu", steps: stepsOnGpu };
const onlyArithmetic = ({ name, ...task }: Task): Task => ({ ...task, ...arithmetic, name: `${name}, arithmetic` });

const perhaps = gpu === undefined ? [] : [onGpu];
/** What runs in each of two processes. */
const first = [onCpu, onWasm(1), onWasm(2), onlyArithmetic(onCpu), onlyArithmetic(onWasm(2)), ...perhaps];
const second = [
  onCpu,
  onWasm(1),
  onWasm(3),
  onlyArithmetic(onWasm(1)),
  { ...onCpu, name: "cpu in f64", dtype: "f64" },
] as const;

type Answers = Readonly<Record<string, Answer>>;
let answers: readonly [Answers, Answers];
beforeAll(async () => {
  const start = await bundled("determinism-program.ts");
  const run = async (tasks: readonly Task[]): Promise<Answers> => {
    const { code, stdout, stderr } = await start(["--no-warnings"], JSON.stringify(tasks)).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const found = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Answer);
    return Object.fromEntries(found.map((answer) => [answer.task.name, answer]));
  };
  answers = await Promise.all([run(first), run([...second, ...perhaps])]);
  if (!long) return;
  const [{ cpu: one, "wasm, 1": other, "wasm, 2": two }, { "wasm, 3": three, "cpu in f64": finer }] = answers;
  const [apart, error] = [apartBy(one, other), apartBy(one, finer)].map((parts) =>
    parts.map((part) => part.toExponential(1)),
  );
  console.info(
    `after ${steps} steps: cpu ${one.hash.slice(0, 12)}, wasm ${other.hash.slice(0, 12)}; other threads did ${two.shared} chunks of 2 threads', ${three.shared} of 3 threads'; cpu and wasm are apart by ${apart}, f32 and f64 by ${error}`,
  );
}, 3_600_000);

/** How far two trainings are apart: for each parameter, the largest difference over the largest value. */
function apartBy(one: Trained, other: Trained): number[] {
  return one.parameters.map((values, i) => {
    const differences = values.map((value, j) => Math.abs(value - other.parameters[i][j]));
    return Math.max(...differences) / Math.max(...values.map(Math.abs));
  });
}

describe(`the bits of parameters and optimizer state after ${steps} steps from one seed`, () => {
  it("are those of training, not of a standstill", () => {
    const { cpu: mixedOne, "cpu, arithmetic": arithmeticOne } = answers[0];
    for (const { losses } of [mixedOne, arithmeticOne]) {
      const mean = (part: readonly number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
      expect(new Set(losses).size).toBeGreaterThan(steps / 2);
      expect(mean(losses.slice(-50))).toBeLessThan(mean(losses.slice(0, 5)));
    }
  });

  it("are the same in two processes on cpu", () => {
    expect(answers[0].cpu.losses).toEqual(answers[1].cpu.losses);
    expect(answers[0].cpu.hash).toBe(answers[1].cpu.hash);
  });

  it("are the same in two processes on wasm, with 1, 2 and 3 threads", () => {
    const [one, two] = answers;
    const hashes = [one["wasm, 1"], one["wasm, 2"], two["wasm, 1"], two["wasm, 3"]].map(({ hash }) => hash);
    expect(new Set(hashes)).toEqual(new Set([one["wasm, 1"].hash]));
  });

  it.skipIf(!threadsAvailable)("were computed by all threads", () => {
    expect(answers[0]["wasm, 1"].shared).toBe(0);
    // Two or three chunks a step where the machine is busy, many more where it is not.
    expect(answers[0]["wasm, 2"].shared).toBeGreaterThan(steps);
    expect(answers[1]["wasm, 3"].shared).toBeGreaterThan(steps);
  });

  it("are the same on cpu and on wasm where the program has +, −, ×, ÷, √, sums, row access and order alone", () => {
    const one = answers[0]["cpu, arithmetic"];
    for (const other of [answers[0]["wasm, 2, arithmetic"], answers[1]["wasm, 1, arithmetic"]]) {
      expect(other.losses).toEqual(one.losses);
      expect(other.hash).toBe(one.hash);
    }
  });

  it("differ between cpu and wasm where it has products and exponentials, by less than twice what f32 errs by", () => {
    const { cpu: one, "wasm, 1": other } = answers[0];
    const finer = answers[1]["cpu in f64"];
    expect(other.hash).not.toBe(one.hash);
    // Both err, and Adam makes much of the last bits of small gradients: neither may be the worse for its backend.
    const error = apartBy(one, finer);
    for (const apart of [apartBy(one, other), apartBy(other, finer)]) {
      apart.forEach((part, i) => {
        expect(part).toBeLessThan(2 * error[i]);
      });
    }
  });

  it.skipIf(gpu === undefined)(
    `are the same in two processes on webgpu, after ${stepsOnGpu} steps${gpu === undefined ? ` (${noGpu})` : ""}`,
    () => {
      expect(answers[0].webgpu.losses).toEqual(answers[1].webgpu.losses);
      expect(answers[0].webgpu.hash).toBe(answers[1].webgpu.hash);
    },
  );
});

describe("in one process", () => {
  const few = 30;

  it.each([
    ["cpu", () => cpu()],
    ["wasm, 1 thread", () => wasm({ threads: 1 })],
    ["wasm, 3 threads", () => wasm({ threads: 3 })],
  ] as const)("a training repeats its bits, on the same backend and on a new one: %s", async (_, open) => {
    const [backend, another] = [open(), open()] as (Backend & { dispose?(): void })[];
    const plan = { ...mixed, steps: few };
    const once = await trained(backend, plan);
    expect(await trained(backend, plan)).toEqual(once);
    expect(await trained(another, plan)).toEqual(once);
    for (const { dispose } of [backend, another]) dispose?.call(backend);
  });

  it("random numbers, order and whole numbers are the same bits on all backends", async () => {
    const threads = [wasm({ threads: 1 }), wasm({ threads: 2 })];
    const hashes = [];
    for (const backend of [cpu(), ...threads, ...(gpu === undefined ? [] : [gpu])]) hashes.push(await drawn(backend));
    for (const backend of threads) backend.dispose();
    expect(new Set(hashes).size).toBe(1);
  });
});
