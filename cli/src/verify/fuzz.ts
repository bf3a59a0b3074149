import type { Backend } from "cotangent";
import fc from "fast-check";
import { cpu } from "../../../src/backends/cpu/index.js";
import type { RandomProgram } from "../../../src/testing/random-program.js";
import { checkAgreement, checkFusion } from "../../../src/testing/random-program-checks.js";
import { interpreter } from "../../../src/testing/random-program-interpreter.js";
import { randomPrograms } from "../../../src/testing/random-programs.js";
import type { BackendName } from "../backends.js";
import { failureOf } from "./failure-of.js";
import type { Answer, LawRecord, Request } from "./record.js";
import { chosen, shadow } from "./stand-ins/chosen.js";
import { takeNearest } from "./stand-ins/within.js";

/** Programs of one property: after so many, time is looked at, and the seed is the next one. */
const BATCH = 20;

/** What a backend must do with every program, and what that is called. */
interface Duel {
  readonly law: string;
  readonly dtype: "f32" | "f64";
  check(program: RandomProgram): Promise<void>;
}

function duelsOf(backend: BackendName): Duel[] {
  const [oracle, definitions] = [cpu(), interpreter()];
  const whole = "values and gradient, fused and one operation at a time";
  const against = (reference: Backend) => async (program: RandomProgram) => {
    await checkAgreement(program, chosen, reference);
    await checkFusion(program, chosen);
  };
  switch (backend) {
    case "cpu":
      return [{ law: `agree with their definitions in f64: ${whole}`, dtype: "f64", check: against(definitions) }];
    case "wasm":
      return [
        { law: `agree with the CPU in f64: ${whole}`, dtype: "f64", check: against(oracle) },
        {
          ...{ law: "agree with their definitions in f32: values and gradient", dtype: "f32" },
          check: (program) => checkAgreement(program, chosen, definitions),
        },
      ];
    case "webgpu":
      return [
        {
          ...{ law: "agree with the CPU in f64, as nearly as f32 can: values and gradient", dtype: "f64" },
          async check(program) {
            shadow!.begin();
            await checkAgreement(program, chosen, oracle);
            await shadow!.settled();
          },
        },
      ];
  }
}

/** Runs random programs until the time is up or one disagrees. With a path, only the one that it leads to. */
export async function fuzzPrograms(
  { seconds, seed, path }: Request & { readonly type: "fuzz" },
  backend: BackendName,
  answer: (message: Answer) => void,
): Promise<void> {
  const duels = duelsOf(backend);
  for (const { law, dtype, check } of duels) {
    const head = { module: "fuzz", subject: "random programs", law, backend };
    const property = fc.asyncProperty(randomPrograms({ dtype }), check);
    const start = performance.now();
    const until = start + (1000 * seconds) / duels.length;
    let runs = 0;
    let failure: LawRecord["failure"];
    let next = seed;
    takeNearest();
    do {
      answer({ type: "started", subject: head.subject, law: `${law}, ${runs} programs` });
      const options = { numRuns: BATCH, seed: next, ...(path === undefined ? {} : { path }) };
      const outcome = await fc.check(property, options);
      runs += outcome.numRuns;
      failure = failureOf(outcome);
      if (failure !== undefined) break;
      next++;
    } while (path === undefined && performance.now() < until);
    const nearest = takeNearest();
    const record: LawRecord = {
      ...{ ...head, outcome: failure === undefined ? "holds" : "fails", runs, seed: next },
      seconds: (performance.now() - start) / 1000,
      ...(nearest === undefined ? {} : { nearest }),
      ...(failure === undefined ? {} : { failure }),
    };
    answer({ type: "record", record });
  }
}
