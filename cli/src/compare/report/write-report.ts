import { writeAtomically } from "../../atomic-file.js";
import type { Comparison } from "../comparison.js";
import { renderPage } from "./page.js";
import { csvOf } from "./table.js";

/** The files of a report. */
export interface ReportFiles {
  readonly html: string;
  readonly json: string;
  readonly csv: string;
}

/** Where a report's files go: beside each other, by the name of its page. */
export function filesOf(output: string): ReportFiles {
  const base = output.replace(/\.html?$/i, "");
  return { html: output, json: `${base}.json`, csv: `${base}.csv` };
}

/**
 * Writes a comparison as a page that stands alone, as JSON and as CSV.
 *
 * @throws FileError if a file cannot be written
 */
export async function writeReport(command: string, output: string, comparison: Comparison): Promise<ReportFiles> {
  const { plotsOf } = await import("./plots.js"); // what draws plots is large, and no other command needs it
  const files = filesOf(output);
  const encode = (text: string) => new TextEncoder().encode(text);
  await writeAtomically(command, files.json, encode(`${JSON.stringify(comparison, null, 2)}\n`));
  await writeAtomically(command, files.csv, encode(csvOf(comparison)));
  await writeAtomically(command, files.html, encode(renderPage(comparison, await plotsOf(comparison))));
  return files;
}
