import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

/** Okabe and Ito's colours without yellow, which paper does not show: told apart by the colour-blind. */
export const COLOURS: readonly string[] = [
  "#0072B2",
  "#E69F00",
  "#009E73",
  "#D55E00",
  "#CC79A7",
  "#56B4E9",
  "#000000",
  "#7F7F7F",
];
/** Colour is never alone: lines differ in their dashes, marks in their shapes. */
export const DASHES: readonly (readonly number[])[] = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [4, 1],
  [1, 3],
  [10, 4],
  [3, 6],
];
export const SHAPES: readonly string[] = [
  "circle",
  "square",
  "triangle-up",
  "diamond",
  "cross",
  "triangle-down",
  "triangle-right",
  "triangle-left",
];

/** A plot as SVG text, which needs nothing else to be shown. */
export async function draw(spec: TopLevelSpec): Promise<string> {
  const config = {
    background: "white",
    font: "system-ui, sans-serif",
    axis: { labelFontSize: 11, titleFontSize: 12, titleFontWeight: "normal" as const, gridColor: "#e5e5e5" },
    legend: { labelFontSize: 11, labelLimit: 0, symbolSize: 80, symbolStrokeWidth: 2, symbolOpacity: 1 },
    view: { stroke: "#bbb" },
  };
  const view = new View(parse(compile({ ...spec, config }).spec), { renderer: "none" });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
