import type { ParityCheck } from "./parity-check.js";

/** A check and the only erased position that it touches. */
export interface PeelingStep {
  readonly check: number;
  readonly position: number;
}

/** In which order erased positions are found. */
export interface PeelingSchedule {
  readonly steps: readonly PeelingStep[];
  /** Positions that stay erased: no check touches exactly one of them, unless the iterations ran out. Ascending. */
  readonly unrecovered: readonly number[];
  /** Iterations that found something. */
  readonly iterations: number;
}

/** Knows which checks touch a position, so that peeling takes time in proportion to the edges of what is erased. */
export class Peeler {
  readonly #parityCheck: ParityCheck;
  readonly #checksOf: readonly number[][];

  constructor(parityCheck: ParityCheck) {
    this.#parityCheck = parityCheck;
    this.#checksOf = Array.from({ length: parityCheck.length }, () => []);
    parityCheck.positions.forEach((row, check) => {
      for (const position of row) this.#checksOf[position].push(check);
    });
  }

  /** In each iteration, all checks that touch one erased position when it begins. */
  schedule(erased: Iterable<number>, iterations: number = Number.POSITIVE_INFINITY): PeelingSchedule {
    const left = new Set(erased);
    const count = new Int32Array(this.#parityCheck.positions.length);
    const mixed = new Int32Array(count.length); // exclusive or of the erased positions: of one, the position itself
    for (const position of left) {
      for (const check of this.#checksOf[position]) {
        count[check]++;
        mixed[check] ^= position;
      }
    }
    let ready = Array.from(count.keys()).filter((check) => count[check] === 1);
    const steps: PeelingStep[] = [];
    let done = 0;
    while (ready.length > 0 && done < iterations) {
      const from = steps.length;
      for (const check of ready) {
        const position = mixed[check];
        if (left.delete(position)) steps.push({ check, position });
      }
      const touched = new Set<number>();
      for (const { position } of steps.slice(from)) {
        for (const check of this.#checksOf[position]) {
          count[check]--;
          mixed[check] ^= position;
          touched.add(check);
        }
      }
      ready = [...touched].filter((check) => count[check] === 1).sort((a, b) => a - b);
      done++;
    }
    return { steps, unrecovered: [...left].sort((a, b) => a - b), iterations: done };
  }

  /** The steps that the first `dimension` positions depend on. */
  needed(steps: readonly PeelingStep[], dimension: number): PeelingStep[] {
    const wanted = new Set<number>();
    const kept: PeelingStep[] = [];
    for (let i = steps.length - 1; i >= 0; i--) {
      const { check, position } = steps[i];
      if (position >= dimension && !wanted.has(position)) continue;
      kept.push(steps[i]);
      for (const other of this.#parityCheck.positions[check]) wanted.add(other);
    }
    return kept.reverse();
  }

  /**
   * Finds the values of erased positions: `values[e] = −(1/H_ce) · Σ_{v ≠ e} H_cv · values[v]`, for each column.
   *
   * @returns multiplications and divisions
   */
  solve(steps: readonly PeelingStep[], values: (Float64Array | undefined)[], width: number): number {
    const { positions, coefficients } = this.#parityCheck;
    let operations = 0;
    for (const { check, position } of steps) {
      const sum = new Float64Array(width);
      let own = 1;
      positions[check].forEach((other, i) => {
        const factor = coefficients[check][i];
        if (other === position) {
          own = factor;
          return;
        }
        const known = values[other] as Float64Array; // a step comes after those that it depends on
        for (let column = 0; column < width; column++) sum[column] += factor * known[column];
      });
      for (let column = 0; column < width; column++) sum[column] = -sum[column] / own;
      values[position] = sum;
      operations += positions[check].length * width;
    }
    return operations;
  }
}
