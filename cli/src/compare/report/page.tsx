import type { JSX } from "preact";
import { render } from "preact-render-to-string";
import { describeBand } from "../../metrics.js";
import { showDuration } from "../../progress.js";
import { showCount } from "../../report.js";
import type { Budget, Comparison, GradientStudy, RunRecord } from "../comparison.js";
import type { Plot } from "./plots.js";
import { showEstimate } from "./statistics.js";

/** The report: one page that needs nothing else, on screen or on paper. */
export function renderPage(comparison: Comparison, plots: readonly Plot[]): string {
  return `<!doctype html>\n${render(<Page comparison={comparison} plots={plots} />)}\n`;
}

function Page({
  comparison,
  plots,
}: {
  readonly comparison: Comparison;
  readonly plots: readonly Plot[];
}): JSX.Element {
  const { data, notes } = comparison;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`Comparison on ${data.name}`}</title>
        <style>{STYLE}</style>
      </head>
      <body>
        <h1>Comparison of {comparison.methods.length} methods</h1>
        <Conditions {...comparison} />
        {notes.map((note) => (
          <p class="note">{note}</p>
        ))}
        <h2>At the end</h2>
        <Quality {...comparison} />
        <h2>By how often training showed the label</h2>
        <Frequencies {...comparison} />
        <div class="plots">
          {plots.map(({ title, caption, svg }) => (
            <figure>
              <h2>{title}</h2>
              <div dangerouslySetInnerHTML={{ __html: svg }} />
              <figcaption>{caption}</figcaption>
            </figure>
          ))}
        </div>
        {comparison.gradients.map((study) => (
          <Gradients {...study} />
        ))}
        <Tuning {...comparison} />
        <Recipes {...comparison} />
      </body>
    </html>
  );
}

function Conditions({ data, settings }: Comparison): JSX.Element {
  const { name, train, validation, test, labels, seenOnce, features } = data;
  const { backend, budget, seeds, dim, batchSize, grid, tuningShare } = settings;
  const tuned =
    grid.length > 1
      ? `Each method tried the learning rates ${grid.join(", ")}, each for ${showBudget(budget, tuningShare)}, and took the one that was best on ${showCount(validation)} validation examples.`
      : `All methods took the learning rate ${grid[0]}; nothing was tuned.`;
  return (
    <p>
      Data: {name}; {showCount(train)} examples to train on, {showCount(test)} to test; {showCount(labels)} labels,{" "}
      {showCount(seenOnce)} of them seen once; {showCount(features)} features. Every method trained the same model, an
      embedding of width {dim} under a layer over the labels, with Adagrad on batches of {batchSize}, in the same order
      of examples, for {showBudget(budget)} on the backend {backend}, with {seeds.length}{" "}
      {seeds.length === 1 ? "seed" : "seeds"}. Only training is on the clock. {tuned}
      {seeds.length > 1 ? " Intervals are Student's, at 95 %, over the seeds." : " With one seed there is no interval."}
    </p>
  );
}

function showBudget(budget: Budget, share = 1): string {
  if ("seconds" in budget) return `${showDuration(budget.seconds * share)} of training`;
  const epochs = share === 1 ? budget.epochs : Math.max(1, Math.round(budget.epochs * share));
  return `${epochs} ${epochs === 1 ? "epoch" : "epochs"}`;
}

function Quality({ methods, runs }: Comparison): JSX.Element {
  const columns: readonly (readonly [string, (run: RunRecord) => number | undefined])[] = [
    ["P@1", ({ scores }) => scores?.precision[0]],
    ["P@3", ({ scores }) => scores?.precision[1]],
    ["P@5", ({ scores }) => scores?.precision[2]],
    ["nDCG@5", ({ scores }) => scores?.ndcg[2]],
    ["PSP@1", ({ scores }) => scores?.propensityScoredPrecision[0]],
    ["balanced", ({ scores }) => scores?.balancedAccuracy],
  ];
  return (
    <table>
      <thead>
        <tr>
          <th>method</th>
          {columns.map(([name]) => (
            <th>{name}</th>
          ))}
          <th>learning rate</th>
          <th>steps</th>
          <th>ms a step</th>
          <th>training</th>
        </tr>
      </thead>
      <tbody>
        {methods.map(({ name, title }) => {
          const mine = runs.filter(({ method }) => method === name);
          const ended = mine.filter(({ scores }) => scores !== undefined);
          return (
            <tr>
              <th>{title}</th>
              {columns.map(([, value]) => (
                <td>{showEstimate(ended.map((run) => value(run)!))}</td>
              ))}
              <td>{mine[0]?.learningRate ?? "–"}</td>
              <td>{mine.length === 0 ? "–" : showCount(Math.round(meanOf(mine, ({ steps }) => steps)))}</td>
              <td>
                {showEstimate(
                  mine.map(({ stepTime }) => stepTime),
                  1,
                )}
              </td>
              <td>{mine.length === 0 ? "–" : showDuration(meanOf(mine, ({ seconds }) => seconds))}</td>
              {mine.some(({ diverged }) => diverged !== undefined) ? <td>diverged</td> : null}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function meanOf(runs: readonly RunRecord[], value: (run: RunRecord) => number): number {
  return runs.reduce((sum, run) => sum + value(run), 0) / runs.length;
}

function Frequencies({ methods, runs }: Comparison): JSX.Element | null {
  const scored = runs.filter(({ scores }) => scores !== undefined);
  const bands = scored[0]?.scores?.bands;
  if (bands === undefined) return null;
  return (
    <table>
      <thead>
        <tr>
          <th>P@1 where the label was seen</th>
          {bands.map((band) => (
            <th>{describeBand(band)}</th>
          ))}
        </tr>
        <tr>
          <th>labels</th>
          {bands.map(({ labels }) => (
            <td>{showCount(labels)}</td>
          ))}
        </tr>
        <tr>
          <th>test examples</th>
          {bands.map(({ examples }) => (
            <td>{showCount(examples)}</td>
          ))}
        </tr>
      </thead>
      <tbody>
        {methods.map(({ name, title }) => {
          const mine = scored.filter(({ method }) => method === name);
          return (
            <tr>
              <th>{title}</th>
              {bands.map((_, at) => (
                <td>{showEstimate(mine.map(({ scores }) => scores!.bands[at]?.precisionAt1 ?? Number.NaN))}</td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Gradients({ point, examples, draws, methods }: GradientStudy): JSX.Element {
  return (
    <section>
      <h2>Gradients in numbers, {point}</h2>
      <p>
        At the parameters of {point} after its first run, on a batch of {examples}, over {draws} draws; with respect to
        what stands between the embedding and the labels, and the examples' embeddings. A bias below the resolution
        cannot be told from 0.
      </p>
      <table>
        <thead>
          <tr>
            <th>method</th>
            <th>bias</th>
            <th>resolution</th>
            <th>noise</th>
            <th>signal to noise</th>
            <th>cosine to the full gradient</th>
          </tr>
        </thead>
        <tbody>
          {methods.map(({ title, bias, resolution, noise, signalToNoise, cosine }) => (
            <tr>
              <th>{title}</th>
              <td>{bias.toFixed(4)}</td>
              <td>{resolution.toFixed(4)}</td>
              <td>{noise.toPrecision(3)}</td>
              <td>{signalToNoise === undefined ? "nothing is drawn" : signalToNoise.toPrecision(3)}</td>
              <td>{cosine.toFixed(4)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Tuning({ tries, methods, settings }: Comparison): JSX.Element | null {
  if (tries.length === 0) return null;
  return (
    <section>
      <h2>Tries with learning rates</h2>
      <table>
        <thead>
          <tr>
            <th>P@1 on the validation data</th>
            {settings.grid.map((rate) => (
              <th>{rate}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {methods.map(({ name, title }) => (
            <tr>
              <th>{title}</th>
              {settings.grid.map((rate) => {
                const found = tries.find(({ method, learningRate }) => method === name && learningRate === rate);
                return <td>{found?.precisionAt1.toFixed(3) ?? "–"}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Recipes({ methods }: Comparison): JSX.Element {
  return (
    <section>
      <h2>Methods</h2>
      <ul>
        {methods.map(({ name, title, options }) => (
          <li>
            {title} (<code>{name}</code>){Object.entries(options).map(([option, value]) => `, ${option} ${value}`)}
          </li>
        ))}
      </ul>
    </section>
  );
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; color: #111; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin: 1.6rem 0 .4rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; margin: .5rem 0 1rem; }
th, td { white-space: nowrap; padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #ddd; font-weight: normal; }
th:first-child { text-align: left; } thead th { border-bottom: 2px solid #444; vertical-align: bottom; }
.wide { overflow-x: auto; } .note { border-left: 4px solid #D55E00; padding-left: .8rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(30rem, 1fr)); gap: 1rem 2rem; }
figure { margin: 0; break-inside: avoid; } figure svg { max-width: 100%; height: auto; }
figcaption { font-size: .85rem; color: #444; max-width: 34rem; }
@media print { body { margin: 0; max-width: none; font-size: 11px; } .plots { grid-template-columns: 1fr 1fr; } section, table { break-inside: avoid; } }
`;
