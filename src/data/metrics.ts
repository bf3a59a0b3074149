export { byFrequency, type FrequencyBand, type FrequencyOptions } from "./metrics/by-frequency.js";
export { ndcgAt } from "./metrics/ndcg.js";
export { precisionAt } from "./metrics/precision.js";
export { labelPropensities, type PropensityOptions } from "./metrics/propensities.js";
export {
  type PropensityScoredMetric,
  type PropensityScoredOptions,
  propensityScoredNdcgAt,
  propensityScoredPrecisionAt,
} from "./metrics/propensity-scored.js";
export type { LabelLists, Metric, RankingOptions } from "./metrics/ranking.js";
export { recallAt } from "./metrics/recall.js";
