import { checkAbove, ShapeError } from "../../autodiff/check.js";
import { checkMatrix, type DenseMatrix } from "../lowrank/dense-matrix.js";

/** Masses to be carried from rows to columns, and what that costs. */
export interface TransportProblem {
  /** What a unit of mass costs from each row to each column. */
  readonly cost: DenseMatrix;
  /** `[rows]`, each ≥ 0: r. */
  readonly rowMasses: ArrayLike<number>;
  /** `[columns]`, each ≥ 0: c, of the same sum within 1e-9. */
  readonly columnMasses: ArrayLike<number>;
}

/** A problem without rows and columns of no mass, and which of the given ones are left. */
export interface ReducedProblem {
  readonly rows: number;
  readonly columns: number;
  readonly cost: Float64Array;
  readonly rowMasses: Float64Array;
  readonly columnMasses: Float64Array;
  readonly rowIds: readonly number[];
  readonly columnIds: readonly number[];
}

/**
 * Throws unless costs are finite, masses ≥ 0 and of one sum within 1e-9, and `inverseTemperature` above 0; drops rows and
 * columns of no mass.
 */
export function reduceProblem(
  caller: string,
  { cost, rowMasses, columnMasses }: TransportProblem,
  inverseTemperature: number,
): ReducedProblem {
  checkMatrix(caller, "cost", cost);
  const rowTotal = checkMasses(caller, "rowMasses", rowMasses, cost.rows);
  const columnTotal = checkMasses(caller, "columnMasses", columnMasses, cost.columns);
  if (!(Math.abs(rowTotal - columnTotal) <= 1e-9)) {
    throw new RangeError(
      `${caller}: columnMasses has sum ${columnTotal} but must have that of rowMasses, ${rowTotal}, within 1e-9`,
    );
  }
  if (rowTotal === 0) throw new RangeError(`${caller}: rowMasses is 0 throughout but must have mass`);
  checkAbove(caller, { inverseTemperature }, 0);
  const massive = (masses: ArrayLike<number>) => Array.from(masses, (_, i) => i).filter((i) => masses[i] > 0);
  const [rowIds, columnIds] = [massive(rowMasses), massive(columnMasses)];
  const kept = rowIds.flatMap((i) => columnIds.map((j) => cost.values[i * cost.columns + j]));
  return {
    rows: rowIds.length,
    columns: columnIds.length,
    cost: Float64Array.from(kept),
    rowMasses: Float64Array.from(rowIds, (i) => rowMasses[i]),
    columnMasses: Float64Array.from(columnIds, (j) => columnMasses[j]),
    rowIds,
    columnIds,
  };
}

function checkMasses(caller: string, name: string, masses: ArrayLike<number>, wanted: number): number {
  if (masses.length !== wanted) {
    throw new ShapeError(`${caller}: ${name} has length ${masses.length} but must have ${wanted}, as cost has`);
  }
  let total = 0;
  for (let i = 0; i < masses.length; i++) {
    if (!(masses[i] >= 0 && masses[i] < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`${caller}: ${name}[${i}] is ${masses[i]} but must be a finite number ≥ 0`);
    }
    total += masses[i];
  }
  return total;
}
