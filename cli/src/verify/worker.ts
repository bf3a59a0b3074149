import { cpus } from "node:os";
import { cpu } from "../../../src/backends/cpu/index.js";
import type { BackendName } from "../backends.js";
import { FileError } from "../errors.js";
import { declareSubjects } from "./declare-subjects.js";
import { fuzzPrograms } from "./fuzz.js";
import type { Answer, LawRecord, Request, Unit } from "./record.js";
import type { Declared, Ran } from "./spec-host.js";
import { chosen, gpu, shadow } from "./stand-ins/chosen.js";
import { host } from "./stand-ins/host.js";
import { takeNearest } from "./stand-ins/within.js";

// A process that verifies laws on one backend, which its first argument names. It is asked, and answers, by messages.

const backend = process.argv[2] as BackendName;
const answer = (message: Answer) => process.send!(message);

async function declare({ module, file, kind }: Unit): Promise<ReturnType<typeof host.take>> {
  if (kind === "spec") await import(file);
  else answer({ type: "unproven", gaps: await declareSubjects(file, module, chosen, cpu()) });
  return host.take();
}

/** Runs a law, with what a GPU still has to compare after it. */
async function settle(declared: Declared, request: Request & { readonly type: "unit" }): Promise<Ran> {
  shadow?.begin();
  const ran = await declared.run(request);
  if (ran.failure !== undefined) return ran;
  try {
    await shadow?.settled();
    return ran;
  } catch (problem) {
    return { ...ran, failure: { message: (problem as Error).message } };
  }
}

async function verify(request: Request & { readonly type: "unit" }): Promise<void> {
  const { unit, law } = request;
  const { declared, end } = await declare(unit);
  for (const one of declared) {
    if (one.kind !== "law" || (law !== undefined && !one.name.includes(law))) continue;
    const subject = one.suites.join(" › ");
    const head = { module: unit.module, subject, law: one.name, backend };
    if (one.skipped !== undefined) {
      answer({ type: "record", record: { ...head, outcome: "skipped", runs: 0, seconds: 0 } });
      continue;
    }
    answer({ type: "started", subject, law: one.name });
    takeNearest();
    const start = performance.now();
    const { runs, seed, failure } = await settle(one, request);
    const nearest = takeNearest();
    const record: LawRecord = {
      ...{ ...head, outcome: failure === undefined ? "holds" : "fails", runs },
      seconds: (performance.now() - start) / 1000,
      ...(seed === undefined ? {} : { seed }),
      ...(nearest === undefined ? {} : { nearest }),
      ...(failure === undefined ? {} : { failure }),
    };
    answer({ type: "record", record });
  }
  await end();
}

process.on("message", async (request: Request) => {
  try {
    if (request.type === "unit") await verify(request);
    else await fuzzPrograms(request, backend, answer);
    answer({ type: "done" });
  } catch (problem) {
    if (problem instanceof FileError) answer({ type: "refused", message: problem.message });
    else answer({ type: "broken", message: (problem as Error).stack ?? String(problem) });
  }
});
process.on("disconnect", () => process.exit());
answer({ type: "ready", device: gpu === undefined ? cpus()[0].model : deviceOf(gpu) });

function deviceOf({ adapter }: NonNullable<typeof gpu>): string {
  const { vendor, architecture, description } = adapter;
  return [description, vendor, architecture].filter((part) => part !== "").join(", ");
}
