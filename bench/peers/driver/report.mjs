// The results as Markdown, for the console and for docs/performance.md.

const number = (value) => {
  const [, exponent] = value.toExponential().split("e").map(Number);
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.min(3, Math.max(0, 1 - exponent)));
};

export const spread = ({ low, median, high }) => `${number(median)} (${number(low)}–${number(high)})`;

/** A table with the names at the left and the rest at the right. */
export function markdown(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/** The figure of a case: quartiles of the times, turned into the table's unit. */
export function figures({ figure }, { low, median, high }) {
  const [a, b] = [figure(low), figure(high)];
  return { low: Math.min(a, b), median: figure(median), high: Math.max(a, b) };
}

/** One table of works; `outcomes` holds a map by contender for each case, `remarks` what is said only of who takes part. */
export function tableOf({ title, unit, better, text, remarks = {}, cases }, outcomes, names) {
  const cells = cases.map((item, i) =>
    names.map((name) => {
      const outcome = outcomes[i].get(name);
      return outcome?.median === undefined ? undefined : figures(item, outcome);
    }),
  );
  const best = cells.map((column) => {
    const medians = column.flatMap((cell) => (cell === undefined ? [] : [cell.median]));
    return better === "more" ? Math.max(...medians) : Math.min(...medians);
  });
  const errors = outcomes.some((map) => [...map.values()].some(({ error }) => error !== undefined));
  const rows = names.flatMap((name, row) => {
    const figures = cells.map((column, i) => {
      const cell = column[row];
      if (cell === undefined) return outcomes[i].get(name)?.why === "wrong" ? "wrong" : "–";
      return cell.median === best[i] ? `**${spread(cell)}**` : spread(cell);
    });
    const error = outcomes[0].get(name)?.error;
    if (figures.every((figure) => figure === "–")) return [];
    return [[name, ...figures, ...(errors ? [error === undefined ? "–" : error.toExponential(1)] : [])]];
  });
  const head = [unit, ...cases.map(({ column }) => column), ...(errors ? ["relative error"] : [])];
  const said = names.flatMap((name) => remarks[name] ?? []);
  return [`## ${title}`, [text, ...said].join(" "), markdown(head, rows), ...reasons(cases, outcomes)].join("\n\n");
}

/** Why there is no figure, each reason once. */
function reasons(cases, outcomes) {
  const places = new Map();
  outcomes.forEach((map, i) => {
    for (const [name, { why }] of map) {
      if (why === undefined || why === "wrong" || why === "has no such thing") continue;
      const key = `${name}: ${why}`;
      places.set(key, [...(places.get(key) ?? []), cases[i].column]);
    }
  });
  return places.size === 0
    ? []
    : [Array.from(places, ([reason, columns]) => `- ${columns.join(", ")}: ${reason}`).join("\n")];
}

export function programTable(programs) {
  const kilobytes = (bytes) => (bytes === undefined ? "–" : number(bytes / 1000));
  const rows = programs.map(({ name, start, size, later }) => [
    name,
    start === undefined ? "–" : spread(start),
    kilobytes(size),
    later === 0 ? "" : kilobytes(later),
  ]);
  const head = ["", "ms to the first gradient", "KB", "KB loaded later"];
  const text =
    "A program that takes the gradient of a linear softmax classifier: milliseconds from the start of its process until it has it, beyond a bare process; kilobytes of its bundle, minified and gzipped.";
  return ["## Starting and shipping", text, markdown(head, rows)].join("\n\n");
}

const onDevice = "## WebGPU";

/** The page's section on WebGPU, or "": each of the two suites leaves the other's part as it is. */
export function deviceSection(page) {
  const start = page.indexOf(`\n${onDevice}\n`);
  return start < 0 ? "" : page.slice(start + 1);
}

/** The section on WebGPU around its tables. */
export function devicePage({ machine, adapter, versions, rounds, remarks, sections }) {
  return `${[
    onDevice,
    `Written by \`npm run bench:peers -- webgpu\`: the same programs, all on the WebGPU that Dawn gives Node; medians of ${rounds} rounds, and each computation is waited for. On a software adapter the ratios tell how well shaders suit a processor, not how fast a GPU is.`,
    `${machine}; adapter: ${adapter}. ${versions}.`,
    ...listed(remarks),
    ...sections.map((section) => section.replace(/^## /, "### ")),
  ].join("\n\n")}\n`;
}

const listed = (remarks) => (remarks.length === 0 ? [] : [remarks.map((remark) => `- ${remark}`).join("\n")]);

/** The page around the tables. */
export function page({ machine, versions, rounds, remarks, sections, plot }) {
  return `${[
    "# Performance",
    `Written by \`npm run bench:peers\`, which installs the peers, runs them all in turn on one machine, and compares their results before it times them. A cell is the median of ${rounds} rounds with its quartiles; bold is the best of a column; "wrong" computes something else than the others; "–" is explained under its table where an engine could have had a figure. Ratios are what to take from it.`,
    `${machine}. ${versions}.`,
    ...listed(remarks),
    ...(plot === undefined ? [] : [`![Time of a training step against the number of classes](${plot})`]),
    ...sections,
  ].join("\n\n")}\n`;
}
