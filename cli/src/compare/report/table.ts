import { stringify } from "csv-stringify/sync";
import { describeBand, PLACES } from "../../metrics.js";
import type { Comparison, RunRecord } from "../comparison.js";

interface Row {
  readonly part: "curve" | "final" | "frequency" | "try" | "gradient" | "scale";
  readonly method: string;
  readonly seed?: number;
  readonly learning_rate?: number;
  readonly steps?: number;
  readonly seconds?: number;
  readonly classes?: number;
  readonly label_seen?: string;
  readonly measure: string;
  readonly value: number | undefined;
}

const COLUMNS: (keyof Row)[] = [
  ...(["part", "method", "seed", "learning_rate", "steps", "seconds", "classes", "label_seen"] as const),
  ...(["measure", "value"] as const),
];

/** Every number of a comparison as CSV, one a line. */
export function csvOf({ runs, tries, gradients, scales }: Comparison): string {
  const rows: Row[] = [
    ...tries.map(
      ({ method, learningRate, precisionAt1 }): Row => ({
        ...{ part: "try", method, learning_rate: learningRate, measure: "P@1", value: precisionAt1 },
      }),
    ),
    ...runs.flatMap(rowsOfRun),
    ...gradients
      .flatMap(({ methods }) => methods)
      .flatMap(({ method, title: _, ...measures }) =>
        Object.entries(measures).map(([measure, value]): Row => ({ part: "gradient", method, measure, value })),
      ),
    ...scales.flatMap(({ method, classes, stepTime, bytes }): Row[] => [
      { part: "scale", method, classes, measure: "milliseconds", value: stepTime },
      { part: "scale", method, classes, measure: "bytes", value: bytes },
    ]),
  ];
  return stringify(rows, { header: true, columns: COLUMNS });
}

function rowsOfRun(run: RunRecord): Row[] {
  const { method, seed, learningRate, curve, scores, stepTime, bytes, steps, seconds } = run;
  const common = { method, seed, learning_rate: learningRate };
  const end = { ...common, part: "final", steps, seconds } as const;
  const ranked =
    scores === undefined
      ? []
      : PLACES.flatMap((k, at): Row[] => [
          { ...end, measure: `P@${k}`, value: scores.precision[at] },
          { ...end, measure: `nDCG@${k}`, value: scores.ndcg[at] },
          { ...end, measure: `PSP@${k}`, value: scores.propensityScoredPrecision[at] },
        ]);
  return [
    ...curve.map(
      (point): Row => ({
        ...{ ...common, part: "curve", steps: point.steps, seconds: point.seconds, measure: "P@1" },
        value: point.precisionAt1,
      }),
    ),
    ...ranked,
    ...(scores === undefined
      ? []
      : [
          { ...end, measure: "R@5", value: scores.recallAt5 },
          { ...end, measure: "balanced accuracy", value: scores.balancedAccuracy },
        ]),
    { ...end, measure: "milliseconds", value: stepTime },
    { ...end, measure: "bytes", value: bytes },
    ...(scores?.bands ?? []).map(
      (band): Row => ({
        ...{ ...common, part: "frequency", label_seen: describeBand(band), measure: "P@1", value: band.precisionAt1 },
      }),
    ),
  ];
}
