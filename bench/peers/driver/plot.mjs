// Time of a training step against the number of classes, as an SVG that is legible in print and without colour vision:
// colour and shape tell the library, the dash tells how it is run.
import { parse, View } from "vega";
import { compile } from "vega-lite";

// Okabe and Ito's colours.
const colours = ["#000000", "#0072b2", "#009e73", "#d55e00", "#cc79a7"];
const shapes = ["circle", "square", "diamond", "triangle-up", "cross"];

/** `"jax-js, wasm, 2 threads"` is jax-js, run with 2 threads. */
function described({ engine, ...point }) {
  const [library, ...rest] = engine.split(", ");
  const threads = rest.find((part) => part.endsWith("threads"));
  return { ...point, library, way: threads ?? (rest.includes("cpu") ? "plain JavaScript" : "one thread") };
}

/**
 * @param {readonly { engine: string, panel: string, classes: number, ms: number }[]} points
 * @returns {Promise<string>} SVG
 */
export async function plotSteps(points) {
  const values = points.map(described);
  const libraries = [...new Set(values.map(({ library }) => library))];
  const threads = [...new Set(values.map(({ way }) => way))].filter((way) => way.endsWith("threads"));
  const ways = ["one thread", "plain JavaScript", ...threads];
  const library = (range) => ({
    field: "library",
    scale: { domain: libraries, range: libraries.map((_, i) => range[i % range.length]) },
    legend: { title: null, symbolSize: 90 },
  });
  const { spec } = compile({
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    background: "white",
    title: { text: "Time of a training step against the number of classes", anchor: "start", fontSize: 15 },
    data: { values },
    facet: {
      column: { field: "panel", title: null, sort: null, header: { labelFontSize: 13, labelFontWeight: "bold" } },
    },
    spec: {
      width: 300,
      height: 320,
      encoding: {
        x: {
          field: "classes",
          type: "quantitative",
          title: "classes",
          scale: { type: "log", domain: [1000, 1_000_000] },
          axis: { values: [1e3, 1e4, 1e5, 1e6], format: "~s" },
        },
        y: {
          field: "ms",
          type: "quantitative",
          title: "ms, forward and backward",
          scale: { type: "log" },
          axis: { values: [1e-2, 1e-1, 1, 10, 100, 1e3, 1e4, 1e5], format: "~r" },
        },
        color: library(colours),
      },
      layer: [
        {
          mark: { type: "line", strokeWidth: 2 },
          encoding: {
            strokeDash: {
              field: "way",
              scale: { domain: ways, range: [[], [2, 3], [7, 3]].slice(0, ways.length) },
              legend: { title: null, symbolSize: 400, symbolType: "stroke" },
            },
          },
        },
        { mark: { type: "point", size: 70, filled: true, opacity: 1 }, encoding: { shape: library(shapes) } },
      ],
    },
    config: {
      font: "Helvetica, Arial, sans-serif",
      axis: { gridColor: "#dddddd", labelFontSize: 11 },
      legend: { labelFontSize: 12, labelLimit: 260 },
    },
  });
  return new View(parse(spec), { renderer: "none" }).toSVG();
}
