/** Throws RangeError unless all are different numbers of workers. */
export function checkWorkerNumbers(caller: string, name: string, list: Iterable<number>, count: number): void {
  const seen = new Set<number>();
  for (const worker of list) {
    if (!Number.isInteger(worker) || worker < 0 || worker >= count) {
      throw new RangeError(`${caller}: ${name} holds ${worker} but must hold whole numbers in [0, ${count})`);
    }
    if (seen.has(worker))
      throw new RangeError(`${caller}: ${name} holds ${worker} twice but must hold each number once`);
    seen.add(worker);
  }
}
