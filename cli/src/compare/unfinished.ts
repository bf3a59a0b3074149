import { readFile, rm } from "node:fs/promises";
import { exists, previousOf, writeAtomically } from "../atomic-file.js";
import { checkpointOf } from "../checkpoint.js";
import { FileError, reasonOf, UsageError } from "../errors.js";
import type { GradientStudy, RunRecord, Scale } from "./comparison.js";
import { findingsFromJson } from "./read-findings.js";
import type { TrialState } from "./trial.js";

/** What a comparison that is not over has found. */
export interface Findings {
  readonly tries: readonly RunRecord[];
  readonly runs: readonly RunRecord[];
  readonly gradients: readonly GradientStudy[];
  readonly scales: readonly Scale[];
  /** The trial that is on its way: its name, and what was seen of it; its model is in the checkpoint. */
  readonly current?: { readonly trial: string; readonly state: TrialState };
}

const NOTHING: Findings = { tries: [], runs: [], gradients: [], scales: [] };
const KIND = "cotangent unfinished comparison 1";

/** Keeps what a comparison has found beside the report that will be, so that it can go on after a stop. */
export class Unfinished {
  readonly path: string;
  readonly checkpoint: string;
  private readonly command: string;
  private readonly plan: string;

  /** @param plan - names the data and all options: findings of another plan are of no use */
  constructor(command: string, output: string, plan: string) {
    this.command = command;
    this.plan = plan;
    this.path = `${output}.unfinished`;
    this.checkpoint = checkpointOf(output);
  }

  /**
   * What was found before.
   *
   * @throws FileError if the findings are damaged
   * @throws UsageError if both `resume` and `restart` are given
   * @throws FileError if there are findings and neither is given, or `resume` is and there are none, or of another plan
   */
  async read({ resume, restart }: { readonly resume?: boolean; readonly restart?: boolean }): Promise<Findings> {
    const { command, path } = this;
    if (resume && restart) {
      throw new UsageError(`${command}: --resume and --restart are both given but only one of them can be`);
    }
    const isThere = await exists(path);
    if (!resume) {
      if (isThere && !restart) {
        throw new FileError(
          `${command}: ${path} is an unfinished comparison but must not be there when another starts; go on with --resume, or start anew with --restart`,
        );
      }
      return NOTHING;
    }
    if (!isThere) {
      throw new FileError(`${command}: --resume is given, but there is no ${path}; leave --resume out to start anew`);
    }
    const { kind, plan, findings } = await this.parsed();
    if (kind !== KIND)
      throw new FileError(`${command}: ${path} is damaged or of another program; start anew with --restart`);
    if (plan !== this.plan) {
      throw new FileError(
        `${command}: ${path} is of another comparison, with other data or options; give those, or start anew with --restart`,
      );
    }
    try {
      return findingsFromJson(findings);
    } catch (cause) {
      const problem = (cause as Error).message;
      throw new FileError(`${command}: ${path} is damaged, as ${problem}; start anew with --restart`, { cause });
    }
  }

  /** What whoever stopped the work is told. */
  get advice(): string {
    return `what was found so far is in ${this.path}; go on with the same command and --resume`;
  }

  async write(findings: Findings): Promise<void> {
    const text = JSON.stringify({ kind: KIND, plan: this.plan, findings });
    await writeAtomically(this.command, this.path, new TextEncoder().encode(text));
  }

  /** Once the report is written. */
  async remove(): Promise<void> {
    for (const path of [this.path, this.checkpoint]) {
      await rm(path, { force: true });
      await rm(previousOf(path), { force: true });
    }
  }

  private async parsed(): Promise<Record<string, unknown>> {
    try {
      return JSON.parse(await readFile(this.path, "utf8")) ?? {};
    } catch (cause) {
      if (cause instanceof SyntaxError) return {};
      throw new FileError(`${this.command}: ${this.path} cannot be read, as ${reasonOf(cause)}`, { cause });
    }
  }
}
