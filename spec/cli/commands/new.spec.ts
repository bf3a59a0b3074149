import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpu, defaultBackend } from "cotangent";
import { declareLaws } from "cotangent/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { newMethod } from "../../../cli/src/commands/new.js";
import { newCommand } from "../../../cli/src/commands/new-command.js";
import { FileError, UsageError } from "../../../cli/src/errors.js";
import { powerLawSamplerSubject } from "../../../cli/src/templates/power-law-sampler.js";
import { softMarginSubject } from "../../../cli/src/templates/soft-margin.js";
import { KINDS } from "../../../cli/src/templates/texts.js";
import { weightedSumSubject } from "../../../cli/src/templates/weighted-sum.js";
import { readTemplates } from "../../../scripts/templates.mjs";

const templates = readTemplates();
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cotangent-new-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const text = (name: string) => readFileSync(join(folder, name), "utf8");

if (process.env.COTANGENT_LONG !== undefined) {
  await import("../../../cli/src/templates/power-law-sampler.spec.js");
  await import("../../../cli/src/templates/soft-margin.spec.js");
  await import("../../../cli/src/templates/weighted-sum.spec.js");
}

describe("a template", () => {
  for (const subject of [softMarginSubject, powerLawSamplerSubject, weightedSumSubject]) {
    declareLaws(subject, it, [cpu(), defaultBackend], { runs: 1, seed: 7 });
  }
});

describe("cotangent new", () => {
  it.each(KINDS)("writes a %s under its name, in all spellings, and nothing of the template's", async (kind) => {
    const template = templates[kind];
    const { source, spec } = await newMethod(kind, `my-own-${kind}`, { folder }, template);
    const name = { loss: "myOwnLoss", sampler: "myOwnSampler", estimator: "myOwnEstimator" }[kind];
    expect([source, spec]).toEqual([`my-own-${kind}.ts`, `my-own-${kind}.spec.ts`].map((file) => join(folder, file)));
    const [code, laws] = [text(`my-own-${kind}.ts`), text(`my-own-${kind}.spec.ts`)];
    expect(code).toContain(`export function ${name}(`);
    expect(code).toContain(`export const ${name}Subject: Subject`);
    expect(code).toContain(`export interface ${name.replace("my", "My")}Options {`);
    expect(laws).toContain(`import { ${name}Subject } from "./my-own-${kind}.js";`);
    const spellings = new RegExp(`${template.name}|${template.name.replaceAll("-", "")}`, "i");
    expect(code + laws).not.toMatch(spellings);
  });

  it("prints what it wrote and what to do next, and makes the folder", async () => {
    vi.stubGlobal("COTANGENT_TEMPLATES", templates);
    const print = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      await newCommand().parseAsync(["loss", "hinge", "--folder", join(folder, "a/b")], { from: "user" });
      const path = join(folder, "a/b/hinge");
      expect(print.mock.calls.join("")).toBe(`${path}.ts  a loss that works, and what it is declared to be
${path}.spec.ts  declares its laws for vitest

Next: make it yours, then run
  cotangent verify ${path}.ts
`);
      expect(readdirSync(join(folder, "a/b"))).toEqual(["hinge.spec.ts", "hinge.ts"]);
      await expect(newCommand().parseAsync(["layer", "x"], { from: "user" })).rejects.toThrow(
        new UsageError('new: <kind> is "layer" but must be one of loss, sampler, estimator'),
      );
    } finally {
      print.mockRestore();
      vi.unstubAllGlobals();
    }
  });

  it("never overwrites, and then writes nothing", async () => {
    for (const taken of ["kept.ts", "held.spec.ts"]) {
      const [name] = taken.split(".");
      writeFileSync(join(folder, taken), "mine");
      await expect(newMethod("loss", name, { folder }, templates.loss)).rejects.toThrow(
        new FileError(`new: ${join(folder, taken)} exists but must not; choose another name or another --folder`),
      );
      expect(text(taken)).toBe("mine");
    }
    expect(existsSync(join(folder, "kept.spec.ts")) || existsSync(join(folder, "held.ts"))).toBe(false);
  });

  it.each(["MyLoss", "my_loss", "my--loss", "-loss", "2d", "", "../loss", "loss.ts"])(
    "refuses the name %j",
    async (name) => {
      await expect(newMethod("loss", name, { folder }, templates.loss)).rejects.toThrow(
        new UsageError(
          `new: <name> is ${JSON.stringify(name)} but must be in kebab-case, such as my-${templates.loss.name}`,
        ),
      );
    },
  );

  it.each(["new", "await", "let", "scores", "log-sum-exp"])(
    "refuses the name %j, which is taken there",
    async (name) => {
      await expect(newMethod("loss", name, { folder }, templates.loss)).rejects.toThrow(
        new UsageError(
          `new: <name> is ${JSON.stringify(name)}, which cannot name a function there, but must be free; choose another, such as my-${name}`,
        ),
      );
    },
  );

  it("says why a folder cannot be written to", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const within = join(file, "inside");
    await expect(newMethod("loss", "smooth", { folder: within }, templates.loss)).rejects.toThrow(
      new FileError(`new: ${within} cannot be written to, as a part of its path is not a folder`),
    );
  });
});
