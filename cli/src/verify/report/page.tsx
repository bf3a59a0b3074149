import type { JSX } from "preact";
import { render } from "preact-render-to-string";
import { showDuration } from "../../progress.js";
import { showCount } from "../../report.js";
import type { LawRecord, Verification } from "../record.js";
import { isFailure } from "../verification.js";
import { type LawRow, rowsOf, showNearest, summaryOf } from "./table.js";

/** The report: one page that needs nothing else, on screen or on paper. */
export function renderVerification(verification: Verification, replay: (record: LawRecord) => string): string {
  return `<!doctype html>\n${render(<Page verification={verification} replay={replay} />)}\n`;
}

interface Props {
  readonly verification: Verification;
  readonly replay: (record: LawRecord) => string;
}

function Page({ verification, replay }: Props): JSX.Element {
  const { date, machine, node, backends, records, seconds, unproven } = verification;
  const failures = records.filter(isFailure);
  const rows = rowsOf(records);
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Verification</title>
        <style>{STYLE}</style>
      </head>
      <body>
        <h1>Verification</h1>
        <p>{summaryOf(verification)}.</p>
        <p class="note">
          {date}, {machine}, Node {node}, {showDuration(seconds)}
        </p>
        <ul>
          {backends.map(({ name, device }) => (
            <li>
              {name}: {device}
            </li>
          ))}
        </ul>
        {unproven.length > 0 && <h2>Not proven</h2>}
        <ul>
          {unproven.map((gap) => (
            <li>{gap}</li>
          ))}
        </ul>
        {failures.length > 0 && <h2>What does not hold</h2>}
        {failures.map((record) => (
          <Failure record={record} again={replay(record)} />
        ))}
        <h2>All laws</h2>
        {[...new Set(rows.map(({ module }) => module))].map((module) => (
          <Laws
            module={module}
            rows={rows.filter((row) => row.module === module)}
            backends={backends.map(({ name }) => name)}
          />
        ))}
      </body>
    </html>
  );
}

function Failure({ record, again }: { readonly record: LawRecord; readonly again: string }): JSX.Element {
  const { subject, law, backend, failure, seed } = record;
  return (
    <section class="failure">
      <h3>
        {subject}: {law}, on {backend}
      </h3>
      <pre>{failure!.message}</pre>
      {failure!.counterexample !== undefined && (
        <>
          <p>The smallest input found{seed === undefined ? "" : ` (seed ${seed})`}:</p>
          <pre>{failure!.counterexample}</pre>
        </>
      )}
      <p>Again:</p>
      <pre>{again}</pre>
    </section>
  );
}

function Laws({
  module,
  rows,
  backends,
}: {
  readonly module: string;
  readonly rows: readonly LawRow[];
  readonly backends: readonly string[];
}): JSX.Element {
  return (
    <>
      <h3>{module}</h3>
      <table>
        <thead>
          <tr>
            <th>law</th>
            <th>backend</th>
            <th>outcome</th>
            <th>runs</th>
            <th>worst error, as a share of its bound</th>
            <th>seconds</th>
          </tr>
        </thead>
        <tbody>
          {rows.flatMap(({ subject, law, records }) =>
            backends.flatMap((backend) =>
              records
                .filter((record) => record.backend === backend)
                .map((record) => (
                  <tr class={record.outcome}>
                    <td>
                      <b>{subject}</b> {law}
                    </td>
                    <td>{backend}</td>
                    <td>{record.outcome}</td>
                    <td>{showCount(record.runs)}</td>
                    <td>{record.outcome === "skipped" ? "" : showNearest(record)}</td>
                    <td>{record.seconds.toFixed(2)}</td>
                  </tr>
                )),
            ),
          )}
        </tbody>
      </table>
    </>
  );
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; width: 100%; font-size: 13px }
th, td { text-align: left; vertical-align: top; padding: 0.2rem 0.6rem; border-bottom: 1px solid #ddd }
td:nth-child(n + 4) { white-space: nowrap; font-variant-numeric: tabular-nums }
tr.fails, tr.stuck, tr.crashed { background: #fbe3d6; font-weight: 600 }
tr.skipped { color: #777 }
.note { color: #555 }
.failure { border-left: 4px solid #b5480b; padding-left: 1rem }
pre { white-space: pre-wrap; background: #f5f5f5; padding: 0.6rem }
@media print { body { margin: 0; max-width: none } h3 { break-after: avoid } }
`;
