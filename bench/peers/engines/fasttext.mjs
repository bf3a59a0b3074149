// fastText, a command that trains by its own plan and tells no gradients: time alone, unchecked. A step is 256 examples
// of one word each; its processor time is what more epochs take beyond fewer, so that reading and writing drop out.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "./serve.mjs";

const usage = spawnSync("fasttext", [], { encoding: "utf8" });
if (usage.error !== undefined) throw new Error("the command fasttext is not there");

/** Seconds of the processor, user's and system's, that a training takes. */
function train(folder, epochs, loss) {
  const options = ["-dim", "64", "-lr", "0.1", "-thread", "1", "-minn", "0", "-maxn", "0", ...loss];
  const files = ["-input", join(folder, "train.txt"), "-output", join(folder, "model")];
  const command = ["fasttext", "supervised", ...files, ...options, "-epoch", String(epochs)];
  const { stdout, status } = spawnSync("sh", ["-c", '"$@" >/dev/null 2>&1 || exit; times', "sh", ...command], {
    encoding: "utf8",
  });
  if (status !== 0 || stdout === "") throw new Error("fasttext failed");
  const [, ofChildren] = stdout.trim().split("\n");
  return Array.from(ofChildren.matchAll(/(\d+)m([\d.]+)s/g), ([, minutes, seconds]) => minutes * 60 + +seconds).reduce(
    (a, b) => a + b,
  );
}

/** Lines with the classes dealt out to them, so that each class is known to the model. */
function prepare(classes, lines, loss) {
  const folder = mkdtempSync(join(tmpdir(), "fasttext-"));
  const labels = Array.from({ length: lines }, () => []);
  for (let i = 0; i < Math.max(classes, lines); i++) labels[i % lines].push(`__label__${i % classes}`);
  writeFileSync(join(folder, "train.txt"), labels.map((of, i) => `${of.join(" ")} word${i % 256}\n`).join(""));
  const steps = lines / 256;
  const once = train(folder, 1, loss);
  const more = Math.ceil(1 / Math.max(0.01, train(folder, 2, loss) - once)); // a second of it: `times` is that coarse
  const time = (times) => (1000 * times * (train(folder, 1 + more, loss) - once)) / (more * steps);
  return { time, result: () => ({}), release: () => rmSync(folder, { recursive: true }) };
}

const works = {
  // Of a line with many labels an epoch takes one at random, so an epoch can be one step whatever the number of classes.
  full: (_, classes) => prepare(classes, 256, ["-loss", "softmax"]),
  sampled: (_, classes) => {
    if (classes > 1e5) throw new Error("reads a file of all classes for each timing");
    return prepare(classes, Math.max(classes, 25_600), ["-loss", "ns", "-neg", "64"]);
  },
};

await serve({ version: "", works });
