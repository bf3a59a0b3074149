// Reads the files that `cotangent new` writes, before they have their name.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../cli/src/templates", import.meta.url));
const names = { loss: "soft-margin", sampler: "power-law-sampler", estimator: "weighted-sum" };

/** The template of each kind of method. */
export function readTemplates() {
  const entries = Object.entries(names).map(([kind, name]) => {
    const [source, spec] = ["", ".spec"].map((part) => readFileSync(`${folder}/${name}${part}.ts`, "utf8"));
    return [kind, { name, source, spec }];
  });
  return Object.fromEntries(entries);
}
