// `npm run spec:claims`: runs the specs of what sources claim, at their full size, and puts what they measured into
// docs/claims.md. With arguments: only specs whose path contains one of them; other rows of the table stay.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mergeClaims, readClaims, renderClaims } from "./claims-table.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const table = join(root, "docs/claims.md");
const folder = mkdtempSync(join(tmpdir(), "claims-"));
const told = join(folder, "told.jsonl");
const patterns = process.argv.slice(2);
const specs = readdirSync(join(root, "spec"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".claim.spec.ts"))
  .map((path) => `spec/${path}`)
  .filter((path) => patterns.length === 0 || patterns.some((pattern) => path.includes(pattern)));
if (specs.length === 0) {
  console.error(`spec:claims: no spec of a claim has ${patterns.join(" or ")} in its path`);
  process.exit(1);
}

const { status } = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...specs], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, COTANGENT_LONG: "1", COTANGENT_CLAIMS: told },
});
const measured = existsSync(told)
  ? readFileSync(told, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
  : [];
rmSync(folder, { recursive: true });
const isThere = ({ spec }) => existsSync(join(root, spec));
const known = existsSync(table) ? readClaims(readFileSync(table, "utf8")).filter(isThere) : []; // a stopped run loses none
const claims = mergeClaims(known, measured);
writeFileSync(table, renderClaims(claims));
console.log(
  `${measured.length} claims measured, ${measured.filter(({ seen }) => seen).length} of them seen: docs/claims.md`,
);
process.exitCode = status ?? 1;
