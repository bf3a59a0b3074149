import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { readSafetensors } from "cotangent/data";
import { expect } from "vitest";
import type { Outcome, Workplace } from "../../cli/support/command.js";
import { drawInstant, type Instant, killAt } from "./kill-instants.js";

/** What a kill found the run doing, as far as the disk tells. */
export type Stage =
  | "before the first checkpoint"
  | "between checkpoints"
  | "writing a checkpoint"
  | "writing the model"
  | "removing the checkpoints"
  | "done";

const PARTS = { "model.checkpoint.partial": "writing a checkpoint", "model.partial": "writing the model" } as const;

/** A training, and what comes of it where nothing happens to it. */
export interface WholeRun {
  readonly name: string;
  /** Options of `train`, with the training file first. */
  readonly options: readonly string[];
  readonly model: Buffer;
  readonly losses: string | undefined;
  /** Milliseconds that it takes. */
  readonly life: number;
}

/** Trains without a kill: what comes of that is what must come of every other run. */
export async function trainWhole(at: Workplace, name: string, options: readonly string[]): Promise<WholeRun> {
  const folder = join(at.folder(), `${name} whole`);
  mkdirSync(folder);
  const started = performance.now();
  const outcome = await at.run("train", ...options, "-o", join(folder, "model"), "--quiet");
  const life = performance.now() - started;
  expect(outcome, name).toMatchObject({ code: 0, stderr: "" });
  expect(readdirSync(folder)).toEqual(["model"]);
  return { name, options, model: readFileSync(join(folder, "model")), losses: lossesOf(outcome), life };
}

/** The same training, again and again under kills. */
export class KilledTraining {
  /** Kills by what they found. */
  readonly kills: Map<Stage, number> = new Map();
  /** Calls of the command. */
  calls = 0;
  private readonly at: Workplace;
  private readonly whole: WholeRun;
  private readonly under: string;
  private readonly random: () => number;
  /** By its place in the run, what every checkpoint there must be. */
  private readonly checkpoints = new Map<string, string>();
  private places = 0;

  /** @param under - a folder of the workplace for the folders of its runs */
  constructor(at: Workplace, whole: WholeRun, random: () => number, under = ".") {
    this.at = at;
    this.whole = whole;
    this.under = under;
    this.random = random;
  }

  get killed(): number {
    return [...this.kills.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Trains in new folders until so many kills have come, and then to the end. */
  async trainUnderKills(kills: number): Promise<void> {
    while (this.killed < kills) {
      const place = this.newPlace();
      while (!(await this.goOn(place, this.killed < kills ? this.instant() : undefined)));
      this.clear(place);
    }
  }

  /** Some instant in the life of a run. */
  instant(changes = 60): Instant {
    return drawInstant(this.random, this.whole.life, changes);
  }

  /** A folder for a run. */
  newPlace(): string {
    const place = join(this.under, `${this.whole.name} ${this.places++}`);
    mkdirSync(this.folderOf(place));
    return place;
  }

  /** Removes a folder that is done with. */
  clear(place: string): void {
    rmSync(this.folderOf(place), { recursive: true });
  }

  /**
   * Does what a user does after a kill. Says whether the run has come to its end, which is then looked at.
   *
   * @param mayFail - the disk is small: the run may also say that it is full, if it says so well
   */
  async goOn(place: string, instant?: Instant, mayFail = false): Promise<boolean> {
    const folder = this.folderOf(place);
    const before = partsIn(folder);
    const more = ["--checkpoint-every", `${1 + Math.floor(this.random() * 3)}`];
    const isUnfinished = existsSync(join(folder, "model.checkpoint"));
    if (isUnfinished) more.push("--resume");
    const output = join(place, "model");
    this.calls += 1;
    const { child, ended } = this.at.start("train", ...this.whole.options, "-o", output, "--quiet", ...more);
    const callOff = instant === undefined ? undefined : killAt(child, folder, instant);
    const outcome = await ended.finally(callOff);
    await this.checkState(place, isUnfinished);
    if (outcome.signal === "SIGKILL") {
      // The kill may also come between what the run says of a full disk and its end.
      if (mayFail && outcome.stderr !== "") expectFullDisk(folder, output, outcome);
      else expect(outcome, place).toMatchObject({ stdout: expect.any(String), stderr: "" });
      const stage = stageOf(folder, before);
      this.kills.set(stage, (this.kills.get(stage) ?? 0) + 1);
      return false;
    }
    if (outcome.code === 1 && mayFail) {
      expectFullDisk(folder, output, outcome);
      return false;
    }
    expect(outcome, place).toMatchObject({ code: 0, stderr: "" });
    expect(lossesOf(outcome), place).toBe(this.whole.losses);
    expect(readdirSync(folder), place).toEqual(["model"]);
    return true;
  }

  private folderOf(place: string): string {
    return join(this.at.folder(), place);
  }

  /**
   * A model that is there is the one; a checkpoint is whole, and what every run has at its place. Where there has been
   * one, there is one, or the model.
   */
  private async checkState(place: string, wasUnfinished: boolean): Promise<void> {
    const folder = this.folderOf(place);
    const usual = ["model", "model.checkpoint", "model.checkpoint.previous", ...Object.keys(PARTS)];
    const files = readdirSync(folder);
    expect(usual, place).toEqual(expect.arrayContaining(files));
    if (wasUnfinished) expect(files.includes("model") || files.includes("model.checkpoint"), place).toBe(true);
    if (files.includes("model")) {
      expect(readFileSync(join(folder, "model")).equals(this.whole.model), place).toBe(true);
    }
    for (const name of ["model.checkpoint", "model.checkpoint.previous"]) {
      if (!files.includes(name)) continue;
      const bytes = readFileSync(join(folder, name));
      const { metadata } = await readSafetensors(bytes, { file: join(place, name) });
      const position = JSON.stringify(JSON.parse(metadata.get("extra")!).run.position);
      const hash = createHash("sha256").update(bytes).digest("hex");
      expect(hash, `${place}, ${name} at ${position}`).toBe(this.checkpoints.get(position) ?? hash);
      this.checkpoints.set(position, hash);
    }
  }
}

/** A run that found the disk full says which file could not be written, and leaves nothing half written. */
function expectFullDisk(folder: string, output: string, { stdout, stderr }: Outcome): void {
  const of = stderr.startsWith(`train: ${output}.checkpoint `) ? ".checkpoint" : "";
  const kept = existsSync(join(folder, `model${of}`)) ? "; what it held before is intact" : "";
  const said = `train: ${output}${of} cannot be written, as the disk is full${kept}\n`;
  expect({ stdout, stderr }).toEqual({ stdout: "", stderr: said });
  expect([...partsIn(folder).keys()], output).toEqual([]);
}

function lossesOf({ stdout }: Outcome): string | undefined {
  return /^Mean loss by epoch: .*$/m.exec(stdout)?.[0];
}

/** Which files are half written, and since when: what an earlier kill left is not the next one's. */
function partsIn(folder: string): ReadonlyMap<string, string> {
  const there = Object.keys(PARTS).filter((name) => existsSync(join(folder, name)));
  return new Map(
    there.map((name) => {
      const { ino, mtimeMs } = statSync(join(folder, name));
      return [name, `${ino} ${mtimeMs}`];
    }),
  );
}

function stageOf(folder: string, before: ReadonlyMap<string, string>): Stage {
  for (const [name, when] of partsIn(folder)) {
    if (before.get(name) !== when) return PARTS[name as keyof typeof PARTS];
  }
  const [model, checkpoint] = ["model", "model.checkpoint"].map((name) => existsSync(join(folder, name)));
  if (model) return checkpoint ? "removing the checkpoints" : "done";
  return checkpoint ? "between checkpoints" : "before the first checkpoint";
}
