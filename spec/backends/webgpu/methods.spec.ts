import { type Backend, cpu, gather, randomKey, read, type Tensor, tensor } from "cotangent";
import {
  adagrad,
  adam,
  adamw,
  chain,
  clipByGlobalNorm,
  lbfgs,
  type Optimizer,
  optimize,
  rmsprop,
  sgd,
} from "cotangent/methods/optimizers";
import {
  aliasSampler,
  type CandidateSampler,
  gumbelTopKSampler,
  independentCandidates,
  logUniformSampler,
  poissonSampler,
  uniformSampler,
  uniqueSampler,
} from "cotangent/methods/sampling";
import { describe, expect, it } from "vitest";
import { gpu, noGpu } from "../../support/law.js";

/** The CPU without double precision: samplers draw by the finest numbers that a backend has. */
function singleCpu(): Backend {
  return Object.assign(cpu(), { dtypes: gpu!.dtypes });
}

function expectNear(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  const scale = Math.max(1, ...Array.from(expected, (x) => (Number.isFinite(x) ? Math.abs(x) : 0)));
  for (let i = 0; i < expected.length; i++) {
    const isSame = Object.is(found[i], expected[i]) || Math.abs(found[i] - expected[i]) <= tolerance * scale;
    if (!isSame) throw new Error(`element ${i} is ${found[i]} on the device but ${expected[i]} on the CPU`);
  }
}

const optimizers: readonly (readonly [string, Optimizer])[] = [
  ["sgd with momentum", sgd({ learningRate: 0.1, momentum: 0.9 })],
  ["adagrad", adagrad({ learningRate: 0.1 })],
  ["rmsprop", rmsprop({ learningRate: 0.02 })],
  ["lazy rmsprop", rmsprop({ learningRate: 0.02, lazy: true })],
  ["adam", adam({ learningRate: 0.05 })],
  ["lazy adam", adam({ learningRate: 0.05, lazy: true })],
  ["adamw", adamw({ learningRate: 0.05 })],
  ["adagrad of clipped gradients", chain(clipByGlobalNorm(0.5), adagrad({ learningRate: 0.1 }))],
];

/** A vector, and a table of which each step reads some rows, one of them twice. */
async function trained(optimizer: Optimizer, backend: Backend): Promise<Float32Array[]> {
  const start = (length: number) => Float32Array.from({ length }, (_, i) => Math.fround(Math.sin(3 * i + 1)));
  const parameters = {
    vector: tensor(start(6), { backend }),
    table: tensor(start(40), { shape: [10, 4], backend }),
  };
  const loss = ({ vector, table }: typeof parameters, ids: Tensor<"i32">) => {
    const rows = gather(table, ids);
    return vector.mul(vector).sum().add(rows.mul(rows).mul(0.5).sum()).add(rows.sum().mul(0.1));
  };
  const training = optimize(loss, parameters, optimizer);
  for (let step = 0; step < 20; step++) {
    await training.step(tensor(Int32Array.of(step % 10, (3 * step) % 10, step % 10), { backend }));
  }
  const values = await read(training.params);
  training.dispose();
  return [values.vector as Float32Array, values.table as Float32Array];
}

const weights = Array.from({ length: 40 }, (_, i) => 1 / (i + 1));
const samplers: readonly (readonly [string, CandidateSampler])[] = [
  ["uniform", independentCandidates(uniformSampler({ classes: 40 }), 4)],
  ["log-uniform", independentCandidates(logUniformSampler({ classes: 40 }), 4)],
  ["alias", independentCandidates(aliasSampler({ weights }), 4)],
  ["unique", uniqueSampler(aliasSampler({ weights }))],
  ["Gumbel top-k", gumbelTopKSampler({ weights })],
  ["Poisson", poissonSampler({ weights })],
];

describe.skipIf(gpu === undefined)(`methods on the GPU${gpu === undefined ? ` (${noGpu})` : ""}`, () => {
  it.each(optimizers)("%s goes where it goes on the CPU", async (_, optimizer) => {
    const [found, expected] = [await trained(optimizer, gpu!), await trained(optimizer, singleCpu())];
    expected.forEach((values, i) => {
      expectNear(found[i], values, 1e-4);
    });
  });

  it("L-BFGS finds the minimum", async () => {
    const start = tensor([-1.2, 1], { backend: gpu! });
    const scale = tensor([1, 4], { backend: gpu! });
    const { params } = await lbfgs((x: Tensor) => x.sub(2).mul(x.sub(2)).mul(scale).sum(), start);
    expectNear(await params.data(), [2, 2], 1e-4);
  });

  it.each(samplers)("the %s sampler draws what it draws on the CPU", async (_, sampler) => {
    const draw = async (backend: Backend) => {
      const like = tensor([0], { backend });
      const { ids, logExpectedCount } = sampler.candidates(randomKey(9, { backend }), [12], like);
      return [await ids.data(), await logExpectedCount.data()] as const;
    };
    const [found, expected] = [await draw(gpu!), await draw(singleCpu())];
    expect([...found[0]]).toEqual([...expected[0]]);
    expectNear(found[1], expected[1], 1e-5);
  });
});
