import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { webgpu } from "cotangent/backends/webgpu";
import { checkWritable, writeAtomically } from "../atomic-file.js";
import type { BackendName } from "../backends.js";
import { Interrupted, UsageError } from "../errors.js";
import { Interrupt } from "../interrupt.js";
import { showProgress, silent } from "../progress.js";
import { library, readSpecs, selectSpecs } from "../verify/modules.js";
import { bundleOwn } from "../verify/own-module.js";
import type { LawRecord, Unit, Verification } from "../verify/record.js";
import { renderVerification } from "../verify/report/page.js";
import { describeVerification, summaryOf } from "../verify/report/table.js";
import { isFailure, verifyAll } from "../verify/verification.js";

export interface VerifyOptions {
  /** Default: all that this machine has. */
  readonly backend?: readonly BackendName[];
  readonly runs?: number;
  readonly seed?: number;
  readonly law?: string;
  readonly path?: string;
  /** Seconds of random programs on each backend. */
  readonly fuzz?: number;
  readonly jobs?: number;
  /** Where the page goes. */
  readonly report?: string;
  readonly json?: true;
  readonly quiet?: true;
}

const COMMAND = "verify";
const SOURCES = [".ts", ".mts", ".js", ".mjs"];

/** Where random programs start, if nothing else is said. */
const FUZZ_SEED = 42;

/**
 * Runs laws on backends: those of the parts of the library that the patterns name, or of files of one's own.
 *
 * @throws UsageError if a pattern names nothing, or a backend is not there
 */
export async function verify(patterns: readonly string[], options: VerifyOptions): Promise<Verification> {
  const { runs, seed, path, law, fuzz, report, jobs = Math.max(1, Math.floor(availableParallelism() / 2)) } = options;
  if (path !== undefined && seed === undefined) {
    throw new UsageError(`${COMMAND}: --path is given without --seed but needs it; take both from what a failure says`);
  }
  if (report !== undefined) await checkWritable(COMMAND, report);
  const own = patterns.filter((pattern) => SOURCES.includes(extname(pattern)));
  const named = patterns.filter((pattern) => !own.includes(pattern));
  const folder = await mkdtemp(join(tmpdir(), "cotangent-verify-"));
  const interrupt = new Interrupt();
  try {
    const units = [
      ...(await Promise.all(own.map((file) => ownUnit(file, folder)))),
      ...(named.length > 0 || (own.length === 0 && fuzz === undefined) ? selectSpecs(await readSpecs(), named) : []),
    ];
    const backends = options.backend ?? (await backendsHere());
    const verification = await verifyAll(
      fileURLToPath(new URL("worker.js", library)),
      {
        ...{ units, backends, jobs, choice: { runs, seed, path, law } },
        ...(fuzz === undefined ? {} : { fuzz: { seconds: fuzz, seed: seed ?? FUZZ_SEED, path } }),
      },
      interrupt,
      (total) => (options.json || options.quiet ? silent : showProgress("verifying", total)),
    );
    if (verification.records.length === 0 && interrupt.signal === undefined) {
      throw new UsageError(
        `${COMMAND}: --law is ${JSON.stringify(law)}, which no law here has in its name; leave it out to see all`,
      );
    }
    if (report !== undefined) {
      const page = renderVerification(verification, (record) => replayOf(record, patterns, options));
      await writeAtomically(COMMAND, report, new TextEncoder().encode(page));
    }
    return verification;
  } finally {
    interrupt.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

async function ownUnit(file: string, folder: string): Promise<Unit> {
  return {
    module: file,
    file: await bundleOwn(file, { library: fileURLToPath(new URL("library", library)), outdir: folder }),
    kind: "subject",
  };
}

async function backendsHere(): Promise<BackendName[]> {
  return (await webgpu()) === undefined ? ["cpu", "wasm"] : ["cpu", "wasm", "webgpu"];
}

/** What `verify` prints. */
export function showVerification(
  verification: Verification,
  patterns: readonly string[],
  options: VerifyOptions,
): string {
  return describeVerification(verification, (record) => replayOf(record, patterns, options));
}

/**
 * What a call comes to when it is done.
 *
 * @throws Error if a law does not hold
 * @throws Interrupted if it was stopped
 */
export function conclude(verification: Verification): void {
  const failed = verification.records.filter(isFailure).length;
  if (failed > 0) throw new Error(`${COMMAND}: ${failed === 1 ? "a law does" : `${failed} laws do`} not hold`);
  if (verification.stopped) {
    throw new Interrupted(`${COMMAND}: stopped; ${summaryOf(verification)}`, "SIGINT");
  }
}

/** The one command that goes to a failure at once. */
function replayOf(
  { module, law, backend, seed, failure }: LawRecord,
  patterns: readonly string[],
  { runs }: VerifyOptions,
): string {
  const from = [
    ...(seed === undefined ? [] : [`--seed ${seed}`]),
    ...(failure?.path === undefined ? [] : [`--path ${failure.path}`]),
  ];
  if (module === "fuzz") return ["cotangent verify --fuzz 1s", `--backend ${backend}`, ...from].join(" ");
  const what = patterns.find((pattern) => pattern === module && existsSync(pattern)) ?? module;
  const many = runs === undefined || failure?.path !== undefined ? [] : [`--runs ${runs}`];
  return ["cotangent verify", what, `--law ${quoted(law)}`, `--backend ${backend}`, ...many, ...from].join(" ");
}

/** As a shell takes it whole. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
