/** Metrics as their definitions read, one example at a time, by membership tests alone. */
const hitAt = (ranked: number[], truth: number[], place: number) =>
  place <= ranked.length && truth.includes(ranked[place - 1]!) ? 1 : 0;
const sum = (k: number, term: (place: number) => number) =>
  Array.from({ length: k }, (_, at) => term(at + 1)).reduce((total, value) => total + value, 0);

export function brutePrecision(ranked: number[], truth: number[], k: number): number {
  return sum(k, (place) => hitAt(ranked, truth, place)) / k;
}

export function bruteRecall(ranked: number[], truth: number[], k: number): number {
  return truth.length === 0 ? 0 : sum(k, (place) => hitAt(ranked, truth, place)) / truth.length;
}

export function bruteNdcg(ranked: number[], truth: number[], k: number): number {
  const ideal = sum(Math.min(k, truth.length), (place) => Math.LN2 / Math.log(place + 1));
  return truth.length === 0
    ? 0
    : sum(k, (place) => (hitAt(ranked, truth, place) * Math.LN2) / Math.log(place + 1)) / ideal;
}

/** What a ranking gains: PSP's numerator, or PSnDCG's. */
export function bruteScored(ranked: number[], truth: number[], k: number, p: number[], discounted: boolean): number {
  if (truth.length === 0) return 0;
  const weight = (place: number) => (discounted ? 1 / Math.log2(place + 1) : 1 / k);
  const norm = discounted ? sum(Math.min(k, truth.length), weight) : 1;
  return sum(k, (place) => (hitAt(ranked, truth, place) * weight(place)) / p[ranked[place - 1]!]! || 0) / norm;
}

/** Every order of the labels: what is attainable is found by trying them all. */
export function orders(labels: number[]): number[][] {
  if (labels.length <= 1) return [labels];
  return labels.flatMap((first, at) =>
    orders(labels.filter((_, other) => other !== at)).map((rest) => [first, ...rest]),
  );
}
