import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const root = new URL("../../", import.meta.url).pathname;
const families = readdirSync(`${root}src/methods`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Losses by name through which no scores in single precision go: plain numbers of the host, f64 throughout. */
const hostOnly: ReadonlySet<string> = new Set([
  "clusterAssignmentObjective", // counts of triples, whole numbers
  "minimaxRiskObjective", // a linear program's
  "robustLogisticLoss", // a certificate's
]);

/** Losses that a family exports, and the file that each is from. */
function lossesOf(family: string): { readonly loss: string; readonly file: string }[] {
  const index = readFileSync(`${root}src/methods/${family}/index.ts`, "utf8");
  return [...index.matchAll(/export \{([^}]*)\} from "\.\/([\w-]+)\.js";/g)].flatMap(([, list, file]) =>
    list
      .split(",")
      .map((name) => name.trim())
      .filter((name) => /^[a-z]\w*(Loss|CrossEntropy|[iI]nfoNce|Objective)$/.test(name) && !hostOnly.has(name))
      .map((loss) => ({ loss, file })),
  );
}

describe.each(families.filter((family) => lossesOf(family).length > 0))("%s", (family) => {
  it.each(lossesOf(family))("$loss is examined at extremes by its spec", ({ loss, file }) => {
    const spec = readFileSync(`${root}spec/methods/${family}/${file}.spec.ts`, "utf8");
    expect(new RegExp(`finiteAtExtremes\\(\\s*"${loss}"`).test(spec), `finiteAtExtremes("${loss}", …)`).toBe(true);
  });
});
