export { type BatchOptions, batchExamples, type CsrBatch } from "./batch-examples.js";
export { buildTextVocabularies, buildVocabulary, type VocabularyOptions } from "./build-vocabulary.js";
export { type EncodeTextOptions, encodeText } from "./encode-text.js";
export { DataError } from "./error.js";
export { type FasttextOptions, readFasttext, type TextExample, writeFasttext } from "./fasttext.js";
export { hashedNgrams, type NgramOptions } from "./hashed-ngrams.js";
export type { TextOptions } from "./lines.js";
export {
  byFrequency,
  type FrequencyBand,
  type FrequencyOptions,
  type LabelLists,
  labelPropensities,
  type Metric,
  ndcgAt,
  type PropensityOptions,
  type PropensityScoredMetric,
  type PropensityScoredOptions,
  precisionAt,
  propensityScoredNdcgAt,
  propensityScoredPrecisionAt,
  type RankingOptions,
  recallAt,
} from "./metrics.js";
export { narrowI64 } from "./narrow-i64.js";
export type { NdArray, NdArrayData, NdArrayType } from "./nd-array.js";
export { type BinaryOptions, readNpy, writeNpy } from "./npy.js";
export { type NpzOptions, readNpz, writeNpz } from "./npz.js";
export { readSafetensors, type Safetensors } from "./read-safetensors.js";
export { readSvmlight, type SvmlightExample, type SvmlightOptions } from "./read-svmlight.js";
export { readXmc, type XmcFile, type XmcHeader } from "./read-xmc.js";
export { type ShuffleOptions, shuffle } from "./shuffle.js";
export type { ByteSource, Stream, TextSource } from "./source.js";
export type { SparseExample } from "./sparse-example.js";
export { Vocabulary, type VocabularyJson, vocabularyFromJson } from "./vocabulary.js";
export { writeSafetensors } from "./write-safetensors.js";
export { writeSvmlight } from "./write-svmlight.js";
export { writeXmc } from "./write-xmc.js";
