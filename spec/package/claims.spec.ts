import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Claim, mergeClaims, readClaims, renderClaims } from "../../scripts/claims-table.mjs";
import { law } from "../support/law.js";

const words = fc
  .string({ minLength: 1, maxLength: 12 })
  .map((text) => `a${text.replaceAll("\\", "/").trim().replaceAll(/\s+/g, " ")}`);
const claims: fc.Arbitrary<Claim[]> = fc.array(
  fc.record({
    spec: fc.constantFrom("spec/a.claim.spec.ts", "spec/b.claim.spec.ts", "spec/c.claim.spec.ts"),
    ...{ method: fc.constantFrom("hinge", "margin", "nce"), claim: words, run: words, figure: words },
    seen: fc.boolean(),
  }),
);

describe("the table of claims", () => {
  law("is read as it was written", claims, (list) => {
    expect(readClaims(renderClaims(list))).toHaveLength(list.length);
    expect(new Set(readClaims(renderClaims(list)).map((one) => JSON.stringify(one)))).toEqual(
      new Set(list.map(sorted)),
    );
  });

  law("keeps what other specs had measured", claims, claims, (known, measured) => {
    const merged = mergeClaims(known, measured);
    const anew = new Set(measured.map(({ spec }) => spec));
    expect(merged.filter(({ spec }) => anew.has(spec))).toEqual(measured);
    expect(merged.filter(({ spec }) => !anew.has(spec))).toEqual(known.filter(({ spec }) => !anew.has(spec)));
  });

  const root = new URL("../../", import.meta.url).pathname;
  const specs = readdirSync(`${root}spec`, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".claim.spec.ts"),
  );
  const methods = new Set(readClaims(readFileSync(`${root}docs/claims.md`, "utf8")).map(({ method }) => method));

  it.each(specs)("has what %s measures", (path) => {
    const text = readFileSync(`${root}spec/${path}`, "utf8");
    const told = Array.from(text.matchAll(/\bmethod: "(\w+)"/g), ([, method]) => method);
    expect(text).toContain("tellClaim(");
    expect(told).not.toEqual([]);
    for (const method of told) expect([...methods]).toContain(method);
  });
});

/** A claim with its columns in the table's order. */
const sorted = ({ spec, method, claim, run, figure, seen }: Claim) =>
  JSON.stringify({ spec, method, claim, run, figure, seen });
