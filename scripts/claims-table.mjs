// The table of docs/claims.md: written, and read again so that a part of it can be measured anew.

const head = `# Claims

What the sources of the methods claim, and what was found here: small versions of their experiments, seeded, run by \`npm run spec:claims\` (\`npm test\` runs them smaller still). A claim that is not seen stays in the table, and is not asserted.

| method | claim | what was run | figure | seen |
| --- | --- | --- | --- | --- |
`;

const columns = ["claim", "run", "figure"];

/** @typedef {{spec: string, method: string, claim: string, run: string, figure: string, seen: boolean}} Claim */

/**
 * @param {readonly Claim[]} claims
 * @returns {string} Markdown
 */
export function renderClaims(claims) {
  const cell = (text) => text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
  const row = (claim) =>
    `| [\`${claim.method}\`](../${claim.spec}) | ${columns.map((column) => cell(claim[column])).join(" | ")} | ${claim.seen ? "yes" : "no"} |`;
  const sorted = [...claims].sort(
    (a, b) => order(a.method, b.method) || order(a.spec, b.spec) || order(a.claim, b.claim),
  );
  return `${head}${sorted.map(row).join("\n")}\n`;
}

/**
 * @param {string} text - Markdown
 * @returns {Claim[]}
 */
export function readClaims(text) {
  const rows = text.split("\n").filter((line) => line.startsWith("| [`"));
  return rows.map((line) => {
    const [, of, claim, run, figure, seen] = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
    const [, method, spec] = /^\[`(\w+)`\]\(\.\.\/(.*)\)$/.exec(of);
    return { spec, method, claim, run, figure, seen: seen === "yes" };
  });
}

/**
 * Claims with what was measured anew in place of what the same specs had measured.
 *
 * @param {readonly Claim[]} known
 * @param {readonly Claim[]} measured
 * @returns {Claim[]}
 */
export function mergeClaims(known, measured) {
  const anew = new Set(measured.map(({ spec }) => spec));
  return [...known.filter(({ spec }) => !anew.has(spec)), ...measured];
}

const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
