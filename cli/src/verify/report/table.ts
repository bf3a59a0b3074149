import Table from "cli-table3";
import { showCount } from "../../report.js";
import type { LawRecord, Verification } from "../record.js";
import { isFailure } from "../verification.js";

/** One law on all backends. */
export interface LawRow {
  readonly module: string;
  readonly subject: string;
  readonly law: string;
  readonly records: readonly LawRecord[];
}

/** The records, a row a law. */
export function rowsOf(records: readonly LawRecord[]): LawRow[] {
  const rows = new Map<string, LawRow & { readonly records: LawRecord[] }>();
  for (const record of records) {
    const { module, subject, law } = record;
    const key = [module, subject, law].join("\n");
    const row = rows.get(key) ?? { module, subject, law, records: [] };
    row.records.push(record);
    rows.set(key, row);
  }
  return [...rows.values()];
}

/** `0.83 of 1.2e-9`: an error as a share of its bound; a dash where a law has no bound on an error. */
export function showNearest({ nearest }: LawRecord): string {
  if (nearest === undefined) return "–";
  const { error, bound } = nearest;
  return `${showRatio(error / bound)} of ${bound.toExponential(1)}`;
}

function showRatio(ratio: number): string {
  if (ratio === 0) return "0";
  return ratio >= 0.001 && ratio < 1000 ? ratio.toPrecision(2) : ratio.toExponential(1);
}

const LAW_WIDTH = 72;

/** Everything that was found, as text: a table, what failed and how to see it again, and a line that sums up. */
export function describeVerification(verification: Verification, replay: (record: LawRecord) => string): string {
  const { records, backends, unproven } = verification;
  const failures = records.filter(isFailure);
  const parts = [
    tableOf(verification),
    ...failures.map((record) => describeFailure(record, replay(record))),
    ...(unproven.length > 0 ? ["Not proven:", ...unproven.map((gap) => `  ${gap}`)] : []),
    ...backends.map(({ name, device }) => `${name}: ${device}`),
    summaryOf(verification),
  ];
  return parts.join("\n");
}

/** A block for each subject, a line for each of its laws, two columns for each backend. */
function tableOf({ records, backends }: Verification): string {
  const names = backends.map(({ name }) => name);
  const table = new Table({
    head: ["law", "runs", ...names.flatMap((name) => [`${name}: error / bound`, "time"])],
    colAligns: ["left", "right", ...names.flatMap(() => ["right", "right"] as const)],
    colWidths: [LAW_WIDTH],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  });
  let last: LawRow | undefined;
  for (const row of rowsOf(records)) {
    const { module, subject, law, records: ofLaw } = row;
    if (last?.module !== module || last.subject !== subject) {
      table.push([{ content: `${subject}  (${module})`, colSpan: 2 + 2 * names.length, hAlign: "left" }]);
    }
    last = row;
    const cells = names.flatMap((name) => {
      const record = ofLaw.find(({ backend }) => backend === name);
      if (record === undefined) return ["", ""];
      if (record.outcome === "skipped") return ["does not apply", ""];
      const near = showNearest(record);
      return [isFailure(record) ? `${record.outcome.toUpperCase()} ${near}` : near, `${record.seconds.toFixed(2)} s`];
    });
    table.push([`  ${law}`, showCount(Math.max(...ofLaw.map(({ runs }) => runs))), ...cells]);
  }
  return table.toString();
}

function describeFailure({ subject, law, backend, failure, seed }: LawRecord, replay: string): string {
  const lines = [`\n${subject}: ${law}`, `  fails on ${backend}: ${failure!.message.split("\n").join("\n    ")}`];
  if (failure!.counterexample !== undefined) {
    lines.push(`  smallest input found: ${failure!.counterexample.split("\n").join("\n    ")}`);
  }
  if (seed !== undefined) lines.push(`  seed ${seed}`);
  lines.push(`  again: ${replay}`);
  return lines.join("\n");
}

/** `214 laws hold on cpu, wasm; 1 fails`. */
export function summaryOf({ records, backends, stopped }: Verification): string {
  const count = (wanted: (record: LawRecord) => boolean) => records.filter(wanted).length;
  const failed = count(isFailure);
  const laws = rowsOf(records).length;
  const runs = records.reduce((total, record) => total + record.runs, 0);
  const held = count(({ outcome }) => outcome === "holds");
  const skipped = count(({ outcome }) => outcome === "skipped");
  return [
    `${showCount(laws)} laws on ${backends.map(({ name }) => name).join(", ")}: ${showCount(held)} hold`,
    `${failed === 0 ? "none fails" : `${showCount(failed)} ${failed === 1 ? "fails" : "fail"}`}`,
    ...(skipped > 0 ? [`${showCount(skipped)} do not apply`] : []),
    `${showCount(runs)} inputs${stopped ? "; stopped before the end" : ""}`,
  ].join(", ");
}
