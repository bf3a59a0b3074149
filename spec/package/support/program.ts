import { expect } from "vitest";

/** What a program prints that trains something small, on one thread and on two. */
export interface Outcome {
  readonly backend: string;
  readonly first: number;
  readonly last: number;
  readonly threads: readonly number[];
  readonly sums: readonly number[];
}

/** The program. `locate` gives the address of an entry point: by its name, where there is something that knows names. */
export function program(locate: (name: string) => string = (name) => name): string {
  return `
import { defaultBackend, exp, tensor, wasm, zeros } from "${locate("cotangent")}";
import { sparseSoftmaxCrossEntropy } from "${locate("cotangent/methods/classification")}";
import { adagrad, optimize } from "${locate("cotangent/methods/optimizers")}";

const inputs = tensor([[1, 0], [0, 1], [1, 1]]);
const labels = tensor(Int32Array.of(0, 1, 2));
const loss = ({ weights }) => sparseSoftmaxCrossEntropy(inputs.matmul(weights), labels).mean();
const training = optimize(loss, { weights: zeros([2, 3]) }, adagrad({ learningRate: 0.5 }));
const first = await training.step();
let last = first;
for (let step = 0; step < 50; step++) last = await training.step();

const numbers = Float32Array.from({ length: 300_000 }, (_, i) => i / 300_000);
const backends = [wasm({ threads: 1 }), wasm({ threads: 2 })];
const sums = [];
for (const backend of backends) {
  const values = await exp(tensor(numbers, { backend })).data();
  sums.push(values.reduce((sum, value) => sum + value));
}
const threads = backends.map((backend) => backend.threads);
console.log(JSON.stringify({ backend: defaultBackend.name, first, last, threads, sums }));
`;
}

/** Reads what it printed: it has learned, and one thread and several have one result. */
export function expectTrained(printed: string, threads: readonly number[]): Outcome {
  const outcome = JSON.parse(printed) as Outcome;
  expect(outcome).toMatchObject({ backend: "wasm", threads });
  expect(outcome.first).toBeCloseTo(Math.log(3), 6);
  expect(outcome.last).toBeLessThan(outcome.first / 2);
  expect(outcome.sums[1]).toBe(outcome.sums[0]);
  expect(outcome.sums[0] / 300_000).toBeCloseTo(Math.E - 1, 4);
  return outcome;
}
