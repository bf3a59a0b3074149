import { BackendError } from "../../autodiff/check.js";
import type { Backend } from "../../backends/backend.js";
import { type Law, type LawOptions, lawsFor, type Register } from "../law.js";
import type { Subject } from "./subject.js";

/**
 * Declares every law of a subject on every backend, as tests of the runner that one uses: `it` of vitest and jest, `test`
 * of node:test. `subject.unproven` lists what none of them covers.
 *
 * @param register - declares one test
 * @param backends - where the laws must hold; the first that has f64 is what the others must agree with
 * @throws BackendError if none of the backends has f64
 *
 * @example
 * import { cpu, softplus } from "cotangent";
 * import { declareLaws, lossSubject, scores, signs } from "cotangent/testing";
 *
 * const subject = lossSubject({
 *   name: "logisticLoss",
 *   inputs: { margins: scores(["batch"]), labels: signs(["batch"]) },
 *   loss: ({ margins, labels }) => softplus(margins.mul(labels).neg()),
 *   shape: ["batch"],
 *   invariances: [{ negate: ["margins", "labels"] }, { alone: "batch" }],
 *   atLeast: 0,
 * });
 * declareLaws(subject, (name, body) => void body().then(() => console.log(name)), [cpu()], { runs: 2 });
 */
export function declareLaws(
  subject: Subject,
  register: Register,
  backends: readonly Backend[],
  { runs = 25, ...options }: Omit<LawOptions, "backends"> = {},
): void {
  const reference = backends.find(({ dtypes }) => dtypes.has("f64"));
  if (reference === undefined) {
    const names = backends.map(({ name }) => name).join(", ") || "none";
    throw new BackendError(`declareLaws: backends is ${names} but must have one with f64; add cpu()`);
  }
  for (const backend of backends) {
    for (const { name, arbitraries, check, mostRuns = runs } of subject.laws(backend, reference)) {
      const law = lawsFor(register, { ...options, runs: Math.min(runs, mostRuns) }) as (
        ...parts: readonly unknown[]
      ) => ReturnType<Law>;
      law(`${subject.name} ${name}, on ${backend.name}`, ...arbitraries, check);
    }
  }
}
