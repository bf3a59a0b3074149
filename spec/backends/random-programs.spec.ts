import { cpu } from "cotangent";
import { lawsFor } from "cotangent/testing";
import { describe, it } from "vitest";
import { checkAgreement, checkDonation, checkFusion, checkRepeats } from "../../src/testing/random-program-checks.js";
import { interpreter } from "../../src/testing/random-program-interpreter.js";
import { randomPrograms } from "../../src/testing/random-programs.js";
import { onEveryBackend } from "../support/law.js";

const runs = Number(process.env.COTANGENT_FUZZ_RUNS ?? 25);
const seed = Number(process.env.COTANGENT_FUZZ_SEED ?? 42);
const law = lawsFor(it, { runs, seed, timeout: 3_600_000 });

describe("random programs", () => {
  const backend = cpu();
  law("fused, with their gradients, give what they give one operation at a time", randomPrograms(), async (program) => {
    await checkFusion(program, backend);
  });
});

onEveryBackend("random programs", (backend) => {
  const reference = interpreter();

  law("agree with their definitions in f64, values and gradient", randomPrograms(), async (program) => {
    await checkAgreement(program, backend, reference);
  });

  law("agree with their definitions in f32, values and gradient", randomPrograms({ dtype: "f32" }), async (program) => {
    await checkAgreement(program, backend, reference);
  });

  law("give the same again, and leave alone what is not theirs", randomPrograms(), async (program) => {
    await checkRepeats(program, backend);
  });

  law("give the same where they take over the memory of their leaves", randomPrograms(), async (program) => {
    await checkDonation(program, backend);
  });
});
