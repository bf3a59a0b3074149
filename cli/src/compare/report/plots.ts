import type { TopLevelSpec } from "vega-lite";
import { type Band, describeBand } from "../../metrics.js";
import type { Comparison, GradientStudy } from "../comparison.js";
import { COLOURS, DASHES, draw, SHAPES } from "./plot.js";
import { estimate } from "./statistics.js";

/** A plot, and what it shows in words. */
export interface Plot {
  readonly title: string;
  readonly caption: string;
  readonly svg: string;
}

/** Width and height of a plot's area, in pixels. */
const SIZE = { width: 460, height: 260 };

/** Every plot that the comparison has numbers for. */
export async function plotsOf(comparison: Comparison): Promise<Plot[]> {
  const wanted = [
    { title: "Quality over time", caption: CURVE_CAPTION, spec: curves(comparison, "seconds", "seconds of training") },
    { title: "Quality over steps", caption: CURVE_CAPTION, spec: curves(comparison, "steps", "steps") },
    { title: "Quality by label frequency", caption: BAND_CAPTION, spec: bands(comparison) },
    ...comparison.gradients.flatMap((study) => [
      { title: `Bias of the gradient, ${study.point}`, caption: BIAS_CAPTION, spec: bias(study) },
      { title: `Signal to noise of the gradient, ${study.point}`, caption: SIGNAL_CAPTION, spec: signal(study) },
    ]),
    { title: "Time of a step", caption: SCALE_CAPTION, spec: scales(comparison, "stepTime", "milliseconds a step") },
    { title: "Memory", caption: MEMORY_CAPTION, spec: scales(comparison, "megabytes", "megabytes held") },
  ];
  const plots: Plot[] = [];
  for (const { title, caption, spec } of wanted) {
    if (spec !== undefined) plots.push({ title, caption, svg: await draw(spec) });
  }
  return plots;
}

const CURVE_CAPTION =
  "P@1 on a sample of the test data while training; the mean over seeds, and from the worst to the best seed.";
const BAND_CAPTION =
  "P@1 at the end over test examples whose label training showed so often; the mean over seeds with its 95 % interval.";
const BIAS_CAPTION =
  "‖E ĝ − g‖ / ‖g‖ at one point, with g the gradient of the full softmax, on a scale that is linear near 0. The line reaches to what so many draws can tell from 0. Losses with another target than the full softmax are far from it by intention.";
const SIGNAL_CAPTION = "‖E ĝ‖² / E‖ĝ − E ĝ‖² at one point: how much of a step is direction, and how much chance.";
const SCALE_CAPTION = "Median of a step on made-up examples; methods took turns.";
const MEMORY_CAPTION =
  "What the backend holds after a step: parameters and the optimizer's state, not what a step uses.";

/** The same look for a method in every plot. */
function looks(methods: readonly { readonly title: string }[]) {
  const domain = methods.map(({ title }) => title);
  const scaled = <T>(range: readonly T[]) => ({ domain, range: domain.map((_, at) => range[at % range.length]) });
  const legend = { title: null, orient: "bottom", columns: 2, labelLimit: 0, symbolOpacity: 1 } as const;
  const field = { field: "method", type: "nominal", legend } as const;
  return {
    color: { ...field, scale: scaled(COLOURS) },
    strokeDash: { ...field, scale: scaled(DASHES) },
    shape: { ...field, scale: scaled(SHAPES) },
  } as const;
}

function titlesOf({ methods }: Comparison): ReadonlyMap<string, string> {
  return new Map(methods.map(({ name, title }) => [name, title]));
}

function curves(comparison: Comparison, x: "seconds" | "steps", label: string): TopLevelSpec | undefined {
  const titles = titlesOf(comparison);
  const values = comparison.methods.flatMap(({ name }) => {
    const runs = comparison.runs.filter(({ method, curve }) => method === name && curve.length > 0);
    const places = Math.min(...runs.map(({ curve }) => curve.length));
    return Array.from({ length: runs.length === 0 ? 0 : places }, (_, at) => {
      const points = runs.map(({ curve }) => curve[at]!);
      const scores = points.map(({ precisionAt1 }) => precisionAt1);
      return {
        method: titles.get(name),
        x: estimate(points.map((point) => point[x])).mean,
        y: estimate(scores).mean,
        low: Math.min(...scores),
        high: Math.max(...scores),
      };
    });
  });
  if (values.length === 0) return undefined;
  const { color, strokeDash, shape } = looks(comparison.methods);
  const horizontal = { field: "x", type: "quantitative", title: label } as const;
  const vertical = { field: "y", type: "quantitative", title: "P@1", scale: { zero: false } } as const;
  return {
    ...SIZE,
    data: { values },
    layer: [
      {
        mark: { type: "area", opacity: 0.15 },
        encoding: {
          x: horizontal,
          y: { ...vertical, field: "low" },
          y2: { field: "high" },
          color,
        },
      },
      { mark: { type: "line", strokeWidth: 2 }, encoding: { x: horizontal, y: vertical, color, strokeDash } },
      {
        mark: { type: "point", filled: true, size: 45, opacity: 1 },
        encoding: { x: horizontal, y: vertical, color, shape },
      },
    ],
  };
}

function bands(comparison: Comparison): TopLevelSpec | undefined {
  const titles = titlesOf(comparison);
  const scored = comparison.runs.filter(({ scores }) => scores !== undefined);
  const [first] = scored;
  if (first === undefined) return undefined;
  const names = first.scores!.bands.map((band) => wordsOf(band));
  const values = comparison.methods.flatMap(({ name }) =>
    names.flatMap((band) => {
      const shares = scored
        .filter(({ method }) => method === name)
        .map(({ scores }) => scores!.bands.find((one) => wordsOf(one) === band)?.precisionAt1 ?? Number.NaN)
        .filter((share) => !Number.isNaN(share));
      if (shares.length === 0) return [];
      const { mean, margin = 0 } = estimate(shares);
      return [
        { method: titles.get(name), band, mean, low: Math.max(0, mean - margin), high: Math.min(1, mean + margin) },
      ];
    }),
  );
  const { color, shape } = looks(comparison.methods);
  const x = {
    field: "band",
    type: "nominal",
    title: "label seen in training",
    sort: names,
    axis: { labelAngle: 0 },
  } as const;
  const xOffset = { field: "method", type: "nominal", sort: comparison.methods.map(({ title }) => title) } as const;
  const y = { field: "mean", type: "quantitative", title: "P@1" } as const;
  return {
    ...SIZE,
    data: { values },
    layer: [
      { mark: "rule", encoding: { x, xOffset, y: { ...y, field: "low" }, y2: { field: "high" }, color } },
      { mark: { type: "point", filled: true, size: 70, opacity: 1 }, encoding: { x, xOffset, y, color, shape } },
    ],
  };
}

function wordsOf(band: Band): string {
  return describeBand(band).replace(" or more", "+").replace(" times", "");
}

function bias({ methods }: GradientStudy): TopLevelSpec {
  const values = methods.map(({ title, bias: value, resolution }) => ({ method: title, value, zero: 0, resolution }));
  const { color, shape } = looks(methods);
  const y = methodAxis(methods);
  const scale = { type: "symlog", constant: 0.1 } as const;
  const x = { field: "value", type: "quantitative", title: "relative bias", scale } as const;
  const silent = { legend: null } as const;
  return {
    width: SIZE.width,
    height: { step: 26 },
    data: { values },
    layer: [
      {
        mark: { type: "rule", strokeWidth: 2, opacity: 0.5 },
        encoding: { y, x: { ...x, field: "zero" }, x2: { field: "resolution" }, color: { ...color, ...silent } },
      },
      {
        mark: { type: "point", filled: true, size: 90, opacity: 1 },
        encoding: { y, x, color: { ...color, ...silent }, shape: { ...shape, ...silent } },
      },
    ],
  };
}

function signal({ methods }: GradientStudy): TopLevelSpec | undefined {
  const values = methods.flatMap(({ title, signalToNoise = 0 }) =>
    signalToNoise === 0 ? [] : [{ method: title, value: signalToNoise }],
  );
  if (values.length === 0) return undefined;
  const { color, shape } = looks(methods);
  return {
    width: SIZE.width,
    height: { step: 26 },
    data: { values },
    mark: { type: "point", filled: true, size: 90, opacity: 1 },
    encoding: {
      y: methodAxis(methods),
      x: { field: "value", type: "quantitative", title: "signal to noise", scale: { type: "log" } },
      color: { ...color, legend: null },
      shape: { ...shape, legend: null },
    },
  };
}

function methodAxis(methods: readonly { readonly title: string }[]) {
  const sort = methods.map(({ title }) => title);
  return { field: "method", type: "nominal", title: null, sort, axis: { labelLimit: 0, grid: true } } as const;
}

function scales(comparison: Comparison, y: "stepTime" | "megabytes", label: string): TopLevelSpec | undefined {
  const titles = titlesOf(comparison);
  const values = comparison.scales.map(({ method, classes, stepTime, bytes }) => ({
    ...{ method: titles.get(method), classes, stepTime, megabytes: bytes / 1e6 },
  }));
  if (values.length === 0) return undefined;
  const { color, strokeDash, shape } = looks(comparison.methods);
  const horizontal = { field: "classes", type: "quantitative", title: "classes", scale: { type: "log" } } as const;
  const vertical = { field: y, type: "quantitative", title: label, scale: { type: "log" } } as const;
  return {
    ...SIZE,
    data: { values },
    layer: [
      { mark: { type: "line", strokeWidth: 2 }, encoding: { x: horizontal, y: vertical, color, strokeDash } },
      {
        mark: { type: "point", filled: true, size: 55, opacity: 1 },
        encoding: { x: horizontal, y: vertical, color, shape },
      },
    ],
  };
}
