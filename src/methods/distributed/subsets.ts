/** All subsets of {0, …, size − 1} with `count` ≤ size elements, each ascending, in lexicographic order. */
export function* subsets(size: number, count: number): Generator<readonly number[]> {
  const chosen = Array.from({ length: count }, (_, i) => i);
  for (;;) {
    yield chosen.slice();
    let place = count - 1;
    while (place >= 0 && chosen[place] === size - count + place) place--;
    if (place < 0) return;
    chosen[place]++;
    for (let next = place + 1; next < count; next++) chosen[next] = chosen[next - 1] + 1;
  }
}

/** More sets than this are no quick search. */
const setsAtMost = 1_000_000;

/** Throws RangeError if all sets of so many workers are too many to try. */
export function checkSubsetCount(caller: string, name: string, size: number, count: number): void {
  let sets = 1;
  for (let i = 1; i <= count; i++) sets = (sets * (size - count + i)) / i;
  if (sets > setsAtMost) {
    throw new RangeError(
      `${caller}: ${name} is ${count}, which makes ${Math.round(sets)} sets of ${size} workers, but must make at most ${setsAtMost}`,
    );
  }
}

/** What is left of {0, …, size − 1} without the given ones, ascending. */
export function complement(size: number, without: Iterable<number>): number[] {
  const gone = new Set(without);
  return Array.from({ length: size }, (_, i) => i).filter((i) => !gone.has(i));
}
