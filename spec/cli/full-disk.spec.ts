import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workplace } from "./support/command.js";
import { toyText } from "./support/toy-data.js";

const { folder, write, run } = workplace();
const disk = () => join(folder(), "disk");
let whyNot: string | undefined;

beforeAll(() => {
  mkdirSync(disk());
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=128k", "none", disk()], { stdio: "pipe" });
  } catch (problem) {
    whyNot = `no small disk can be mounted here: ${String(problem).split("\n")[0]}`;
  }
});
afterAll(() => {
  if (whyNot === undefined) execFileSync("umount", [disk()]);
});

describe("a disk that is full", () => {
  it("leaves the checkpoint before it whole, and the run goes on from there elsewhere", async (context) => {
    context.skip(whyNot !== undefined, whyNot);
    write("toy.txt", toyText(100));
    const options = ["--dim", "160", "--batch-size", "10", "--epochs", "4", "--quiet"];
    const train = (...more: string[]) => run("train", "toy.txt", ...options, ...more);

    // Two checkpoints of 50 kB fit, the last and the one before it; while the third is written there would be three.
    const { code, stderr } = await train("-o", "disk/model", "--checkpoint-every", "5");
    expect(code).toBe(1);
    expect(stderr).toBe(
      "train: disk/model.checkpoint cannot be written, as the disk is full; what it held before is intact\n",
    );
    expect(readdirSync(disk()).sort()).toEqual(["model.checkpoint", "model.checkpoint.previous"]);

    expect((await train("-o", "whole", "--checkpoint-every", "1000")).code).toBe(0);
    const again = await train("-o", "resumed", "--resume", "disk/model.checkpoint", "--checkpoint-every", "1000");
    expect(again.code).toBe(0);
    expect(readFileSync(join(folder(), "resumed")).equals(readFileSync(join(folder(), "whole")))).toBe(true);
  });
});
