import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { cpu, evaluate, gather, leavesOf, logSoftmax, type Tensor, tensor } from "cotangent";
import {
  adagrad,
  adam,
  adamw,
  chain,
  clipByGlobalNorm,
  type Optimizer,
  optimize,
  sgd,
} from "cotangent/methods/optimizers";
import { describe, expect, it } from "vitest";
import { schedule } from "../../../src/backends/schedule/index.js";

const rules: readonly (readonly [string, Optimizer])[] = [
  ["sgd with momentum", sgd({ learningRate: 0.05, momentum: 0.9 })],
  ["adagrad", adagrad({ learningRate: 0.5 })],
  ["adam", adam({ learningRate: 0.2 })],
  ["clipped adamw", chain(clipByGlobalNorm(1), adamw({ learningRate: 0.2, weightDecay: 1e-3 })) as Optimizer],
];

type Params = { readonly table: Tensor; readonly bias: Tensor };

/** A softmax over three of the classes: a loss that reaches a table through gathers alone. */
const sampledLoss = ({ table, bias }: Params, x: Tensor, ids: Tensor<"i32">) => {
  const scores = gather(table, ids).matmul(x).add(gather(bias, ids));
  return gather(logSoftmax(scores), tensor(Int32Array.of(0), { backend: x.backend }))
    .sum()
    .neg();
};
const start = (classes = 6, backend = cpu()) => ({
  backend,
  params: {
    table: tensor(
      Float64Array.from({ length: classes * 4 }, (_, i) => Math.sin(i)),
      { shape: [classes, 4], backend },
    ),
    bias: tensor(new Float64Array(classes), { backend }),
  } as Params,
});
const batch = (i: number, { backend, params }: ReturnType<typeof start>) => {
  const classes = params.bias.size;
  const x = tensor(Float64Array.of(Math.cos(i), Math.sin(i), 1, (i % 3) - 1), { backend });
  return [x, tensor(Int32Array.of(i % 3, (i + 1) % 3, i % 2 ? 3 : classes - 1), { backend })] as const;
};

/** Bytes on the heap once all that is out of reach has been collected. */
async function heapUsed(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  await new Promise((resolve) => setImmediate(resolve)); // finalizers run between turns
  collect();
  return process.memoryUsage().heapUsed;
}

describe.each(rules)("optimize with %s", (_, rule) => {
  it("makes the loss fall", async () => {
    using training = optimize((x: Tensor) => x.mul(x).sum(), tensor(Float64Array.of(3, -4)), rule);
    expect(await training.step()).toBe(25); // the loss before the step
    for (let i = 0; i < 150; i++) await training.step();
    expect(await training.step()).toBeLessThan(0.1);
  });

  it("goes on from a state bit for bit", async () => {
    const setting = start();
    using whole = optimize(sampledLoss, setting.params, rule);
    using first = optimize(sampledLoss, setting.params, rule);
    const losses: number[] = [];
    for (let i = 0; i < 12; i++) losses.push(await whole.step(...batch(i, setting)));
    for (let i = 0; i < 5; i++) expect(await first.step(...batch(i, setting))).toBe(losses[i]);
    using second = optimize(sampledLoss, first.params, rule, { state: first.state });
    for (let i = 5; i < 12; i++) expect(await second.step(...batch(i, setting))).toBe(losses[i]);
    const [held, expected] = [leavesOf<Tensor>(second.params), leavesOf<Tensor>(whole.params)];
    for (const [i, leaf] of held.entries()) expect(await leaf.data()).toEqual(await expected[i].data());
  });

  it("leaves the parameters that it was given as they were, and gives all memory back", async () => {
    const setting = start();
    const { backend } = setting;
    const given = evaluate(setting.params);
    const values = await Promise.all(leavesOf<Tensor>(given).map((leaf) => leaf.data()));
    const { buffers, bytes } = backend.memory();
    const training = optimize(sampledLoss, given, rule);
    for (let i = 0; i < 5; i++) await training.step(...batch(i, setting));
    training.dispose();
    training.dispose();
    expect(backend.memory()).toEqual({ buffers, bytes });
    expect(await Promise.all(leavesOf<Tensor>(given).map((leaf) => leaf.data()))).toEqual(values);
  });

  it("holds no more after a hundred steps than after ten", async () => {
    const setting = start();
    using training = optimize(sampledLoss, setting.params, rule);
    for (let i = 0; i < 10; i++) await training.step(...batch(i, setting));
    const held = setting.backend.memory();
    for (let i = 10; i < 100; i++) await training.step(...batch(i, setting));
    expect(setting.backend.memory()).toEqual(held);
  });
});

describe("a thousand steps", () => {
  it("leave no more on the backend or on the heap than ten", async () => {
    const setting = start();
    using training = optimize(sampledLoss, setting.params, rules[3][1]);
    const step = async (from: number, to: number) => {
      for (let i = from; i < to; i++) await training.step(...batch(i, setting));
      return heapUsed();
    };
    let before = await step(0, 10);
    const held = setting.backend.memory();
    const growths: number[] = [];
    for (let i = 10; i < 1000; i += 198) {
      const after = await step(i, i + 198);
      growths.push(after - before);
      before = after;
    }
    expect(setting.backend.memory()).toEqual(held);
    // compiled code makes the heap grow in some of the five stretches, what a step leaves behind makes it grow in all of
    // them: a tensor takes 250 bytes or more
    expect(Math.min(...growths)).toBeLessThan(198 * 250);
  });
});

describe("optimize of a sampled loss", () => {
  const sparseRules = [
    sgd({ learningRate: 0.1 }),
    adagrad({ learningRate: 0.1 }),
    adam({ learningRate: 0.1, lazy: true }),
  ];

  it.each(sparseRules.map((rule) => [rule]))("changes no bit of the rows that it does not draw", async (rule) => {
    const setting = start(50);
    using training = optimize(sampledLoss, setting.params, rule as Optimizer);
    const before = (await training.params.table.data()) as Float64Array;
    for (let i = 0; i < 20; i++) await training.step(...batch(i, setting));
    const after = (await training.params.table.data()) as Float64Array;
    for (let row = 0; row < 50; row++) {
      const same = before.subarray(4 * row, 4 * row + 4).every((value, j) => Object.is(value, after[4 * row + j]));
      expect(same).toBe(row > 3 && row < 49);
    }
  });

  it.each(sparseRules.map((rule) => [rule]))("computes nothing of the table's size", async (rule) => {
    const setting = start(1000);
    const programs: Parameters<typeof schedule>[0][] = [];
    const run = setting.backend.run.bind(setting.backend);
    setting.backend.run = (program, ...rest) => {
      programs.push(program);
      return run(program, ...rest);
    };
    using training = optimize(sampledLoss, setting.params, rule as Optimizer);
    programs.length = 0;
    await training.step(...batch(0, setting));
    expect(programs.length).toBe(1);
    const { kernels, slots } = schedule(programs[0]);
    const large = kernels.filter(({ output }) => slots[output].length >= 1000);
    expect(large.length).toBeGreaterThan(1);
    // what is written to tables goes into the memory that they have, row by row
    for (const kernel of large) {
      expect(kernel.inPlace).toBeDefined();
      expect(kernel.kind === "call" && ["scatterAdd", "replaceRows"].includes(kernel.op)).toBe(true);
    }
  });
});

describe("Training", () => {
  it("passes errors of the loss on and stays usable", async () => {
    using training = optimize(
      (x: Tensor, scale: Tensor) => x.mul(scale).sum(),
      tensor([1, 2]),
      sgd({ learningRate: 1 }),
    );
    await expect(training.step(tensor([1, 2, 3]))).rejects.toThrow("mul: shapes [2] and [3] do not broadcast");
    expect(await training.step(tensor([1, 2]))).toBe(5);
  });

  it("gives its memory back at the end of its block", async () => {
    const setting = start();
    const given = evaluate(setting.params);
    const before = setting.backend.memory();
    {
      using training = optimize(sampledLoss, given, rules[1][1]);
      await training.step(...batch(0, setting));
      expect(setting.backend.memory().bytes).toBeGreaterThan(before.bytes);
    }
    expect(setting.backend.memory()).toEqual(before);
  });

  it("says that it has been disposed", async () => {
    const training = optimize((x: Tensor) => x.sum(), tensor([1, 2]), sgd({ learningRate: 1 }));
    training.dispose();
    await expect(training.step()).rejects.toThrow("grad: an input has been disposed; dispose it later");
  });

  it("needs a scalar loss", async () => {
    using training = optimize((x: Tensor) => x, tensor([1, 2]), sgd({ learningRate: 1 }));
    await expect(training.step()).rejects.toThrow(
      "valueAndGrad: the function returned shape [2], but a gradient needs a scalar []; reduce it with .mean() or .sum()",
    );
  });
});
