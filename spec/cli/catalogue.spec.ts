import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { CatalogueEntry } from "../../cli/src/catalogue.js";
import { workplace } from "./support/command.js";

const { run } = workplace();
const families = new URL("../../src/methods/", import.meta.url);

describe("cotangent methods", () => {
  it("lists every function that the families export, with its description and source", async () => {
    const entries: CatalogueEntry[] = JSON.parse((await run("methods", "--json")).stdout);
    for (const { name: family } of readdirSync(families, { withFileTypes: true }).filter((e) => e.isDirectory())) {
      const index = readFileSync(new URL(`${family}/index.ts`, families), "utf8");
      const exported = [...index.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, names]) => names.split(","));
      const values = exported.map((name) => name.trim()).filter((name) => name !== "" && !name.startsWith("type "));
      expect(entries.filter((entry) => entry.family === family).map(({ name }) => name)).toEqual(values);
    }
    expect(entries.every(({ summary }) => summary.length > 10)).toBe(true);
    expect(entries.find(({ name }) => name === "adagrad")).toEqual({
      family: "optimizers",
      name: "adagrad",
      summary: "Adagrad: each element's rate falls with the gradients it has seen.",
      source:
        'Duchi et al., "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", JMLR 2011, fig. 1 (diagonal)',
    });
  });

  it("prints them by family, and finds a word", async () => {
    const { code, stdout } = await run("methods", "NOCEDAL");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^cotangent\/methods\/optimizers\n {2}lbfgs {2}.*\n +.*Nocedal.*\n$/);
  });
});
