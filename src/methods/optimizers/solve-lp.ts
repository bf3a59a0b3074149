import { checkOneOf } from "../../autodiff/check.js";
import { pivotTolerance, SimplexDictionary, tieTolerance, type VariableRange } from "./simplex-dictionary.js";
import { solveSquareSystems } from "./square-system.js";

export interface LinearConstraint {
  /** `[n]`, one a variable; finite. */
  readonly coefficients: ArrayLike<number>;
  readonly relation: "<=" | ">=" | "=";
  /** What `coefficients · x` is held against; finite. */
  readonly bound: number;
}

export interface LinearProgram {
  /** `[n]`, n ≥ 1: the cost of each variable, whose sum is minimized; finite. */
  readonly objective: ArrayLike<number>;
  readonly constraints: readonly LinearConstraint[];
  /** Variables that may be negative, by their place; all others are ≥ 0. Default none. */
  readonly free?: readonly number[];
}

export interface LinearProgramSolution {
  /** `[n]`: a vertex at which the value is least. */
  readonly x: Float64Array;
  /** `objective · x`. */
  readonly value: number;
  /** One a constraint: ≥ 0 for `>=`, ≤ 0 for `<=`, of either sign for `=`; 0 where the constraint is not tight. */
  readonly dual: Float64Array;
}

/**
 * Solves a linear program exactly, with the proof that it did.
 *
 *     minimize objective · x   subject to   coefficients_i · x  (≤, ≥ or =)  bound_i   and   x_j ≥ 0 unless j is free
 *     value = Σ_i dual_i · bound_i      objective_j − Σ_i dual_i · coefficients_ij ≥ 0, and = 0 where j is free or x_j > 0
 *
 * The second line is what certifies the answer, and `dual_i` is how fast `value` grows with `bound_i`. It is a two-phase
 * simplex on a dense dictionary, which cannot go in circles; the vertex found is solved for again from the program itself,
 * so that no rounding of the pivots is left in it. Where several vertices are optimal it is one of them.
 *
 * Reach for it when an answer must be the optimum and not near it, and the program is small: up to some hundreds of
 * variables by some thousands of constraints, a pivot being their product. With more constraints than that, add them as
 * they are found violated.
 *
 * @param program - see `LinearProgram`
 * @returns a vertex, its value and the dual values
 * @throws RangeError if the program is infeasible, or has no least value
 * @throws RangeError if a number is not finite, the coefficients of a constraint are not one a variable, a place in `free`
 * is no variable, or there is no variable
 * @throws TypeError if a relation is not one of those listed
 * @source Dantzig, "Linear Programming and Extensions", Princeton 1963, chapters 5 and 6; Bland, "New finite pivoting rules
 * for the simplex method", Mathematics of Operations Research 1977; Chvátal, "Linear Programming", Freeman 1983, chapters 2
 * and 3 (dictionaries)
 *
 * @example
 * import { solveLp } from "cotangent/methods/optimizers";
 *
 * const { x, value, dual } = solveLp({
 *   objective: [-3, -5],
 *   constraints: [
 *     { coefficients: [1, 0], relation: "<=", bound: 4 },
 *     { coefficients: [0, 2], relation: "<=", bound: 12 },
 *     { coefficients: [3, 2], relation: "<=", bound: 18 },
 *   ],
 * });
 * console.log(x, value, dual); // [2, 6], -36, [0, -1.5, -1]
 */
export function solveLp(program: LinearProgram): LinearProgramSolution {
  checkProgram(program);
  const scaled = scale(program);
  const dictionary = dictionaryOf(scaled);
  const artificial = scaled.columns + scaled.rows;
  eliminate(dictionary, scaled.columns);
  if (!makeFeasible(dictionary, artificial)) {
    throw new RangeError("solveLp: program is infeasible but must have a point that meets every constraint");
  }
  const cost = artificial + 1;
  const drifts = dictionary.nonbasic.some(
    (variable, j) =>
      dictionary.ranges[variable] === "free" && Math.abs(dictionary.entry(scaled.rows, j)) > pivotTolerance,
  );
  if (drifts || dictionary.minimize(cost) === "unbounded") {
    throw new RangeError("solveLp: program is unbounded but must have a least value; bound what its objective rewards");
  }
  return vertexOf(program, scaled, dictionary);
}

function checkProgram({ objective, constraints, free = [] }: LinearProgram): void {
  const n = objective.length;
  if (n === 0) throw new RangeError("solveLp: objective is empty but must have at least one variable");
  checkFinite("objective", objective);
  constraints.forEach(({ coefficients, relation, bound }, i) => {
    if (coefficients.length !== n) {
      throw new RangeError(
        `solveLp: coefficients of constraint ${i} has length ${coefficients.length} but must have that of objective, ${n}`,
      );
    }
    checkFinite(`coefficients of constraint ${i}`, coefficients);
    checkOneOf("solveLp", `relation of constraint ${i}`, relation, ["<=", ">=", "="]);
    checkFinite(`bound of constraint ${i}`, [bound]);
  });
  for (const place of free) {
    if (!(Number.isInteger(place) && place >= 0 && place < n)) {
      throw new RangeError(`solveLp: free holds ${place} but must hold variables in [0, ${n})`);
    }
  }
}

function checkFinite(name: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) throw new RangeError(`solveLp: ${name} holds ${values[i]} but must be finite`);
  }
}

/** The program with every row `a · x ≤ b` or `= b` and all sizes near 1, by powers of 2, so that nothing is rounded. */
interface ScaledProgram {
  readonly rows: number;
  readonly columns: number;
  readonly matrix: Float64Array;
  readonly bounds: Float64Array;
  readonly costs: Float64Array;
  readonly ranges: VariableRange[];
  /** A row's scaled dual is to be multiplied by this, its sign by the relation. */
  readonly dualScale: Float64Array;
  /** A scaled variable is to be multiplied by this. */
  readonly variableScale: Float64Array;
}

function scale({ objective, constraints, free = [] }: LinearProgram): ScaledProgram {
  const [rows, columns] = [constraints.length, objective.length];
  const signs = constraints.map(({ relation }) => (relation === ">=" ? -1 : 1));
  const rowScale = constraints.map(({ coefficients }, i) => signs[i] * inversePower(coefficients));
  const columnScale = Array.from({ length: columns }, (_, j) =>
    inversePower(constraints.map(({ coefficients }, i) => coefficients[j] * rowScale[i])),
  );
  const boundScale = inversePower(constraints.map(({ bound }, i) => bound * rowScale[i]));
  const costScale = inversePower(columnScale.map((by, j) => objective[j] * by));
  const isFree = new Set(free);
  return {
    rows,
    columns,
    matrix: Float64Array.from(
      { length: rows * columns },
      (_, at) =>
        constraints[Math.floor(at / columns)].coefficients[at % columns] *
        rowScale[Math.floor(at / columns)] *
        columnScale[at % columns],
    ),
    bounds: Float64Array.from(constraints, ({ bound }, i) => bound * rowScale[i] * boundScale),
    costs: Float64Array.from(columnScale, (by, j) => objective[j] * by * costScale),
    ranges: [
      ...columnScale.map((_, j): VariableRange => (isFree.has(j) ? "free" : "nonnegative")),
      ...constraints.map(({ relation }): VariableRange => (relation === "=" ? "zero" : "nonnegative")),
      "nonnegative", // how far the violated rows are let off
      "free", // the objective
    ],
    dualScale: Float64Array.from(rowScale, (by) => by / costScale),
    variableScale: Float64Array.from(columnScale, (by) => by / boundScale),
  };
}

/** A power of 2 that brings the largest of the values into [1, 2); 1 if all are 0. */
function inversePower(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest === 0 ? 1 : 2 ** -Math.floor(Math.log2(largest));
}

/** Slacks in terms of the variables, the objective last; the extra column lets rows off, and is empty at first. */
function dictionaryOf({ rows, columns, matrix, bounds, costs, ranges }: ScaledProgram): SimplexDictionary {
  const artificial = columns + rows;
  const basic = Int32Array.from({ length: rows + 1 }, (_, i) => (i < rows ? columns + i : artificial + 1));
  const nonbasic = Int32Array.from({ length: columns + 1 }, (_, j) => (j < columns ? j : artificial));
  const dictionary = new SimplexDictionary(basic, nonbasic, ranges.slice());
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) dictionary.set(i, j, matrix[i * columns + j]);
    dictionary.set(i, columns + 1, bounds[i]);
  }
  for (let j = 0; j < columns; j++) dictionary.set(rows, j, -costs[j]);
  return dictionary;
}

/** Solves each equation for a variable, whose slack stays 0, and each free variable from a row, which it then leaves free. */
function eliminate(dictionary: SimplexDictionary, columns: number): void {
  const { rows, basic, nonbasic, ranges } = dictionary;
  for (let i = 0; i < rows; i++) {
    if (ranges[basic[i]] !== "zero") continue;
    const column = dictionary.largestIn(i, (range) => range !== "zero");
    if (column >= 0) dictionary.pivot(i, column);
  }
  for (let j = 0; j <= columns; j++) {
    if (ranges[nonbasic[j]] !== "free") continue;
    let [best, size] = [-1, pivotTolerance];
    for (let i = 0; i < rows; i++) {
      const magnitude = Math.abs(dictionary.entry(i, j));
      if (magnitude > size && ranges[basic[i]] === "nonnegative") [best, size] = [i, magnitude];
    }
    if (best >= 0) dictionary.pivot(best, j);
  }
}

/** Lets the violated rows off by one variable, and makes that 0; false if it cannot be. */
function makeFeasible(dictionary: SimplexDictionary, artificial: number): boolean {
  const { rows, columns, basic, nonbasic, ranges } = dictionary;
  const extra = nonbasic.indexOf(artificial);
  let worst = -1;
  for (let i = 0; i < rows; i++) {
    const constant = dictionary.constant(i);
    const range = ranges[basic[i]];
    if (range === "zero" && Math.abs(constant) > pivotTolerance) return false;
    if (range !== "nonnegative" || constant >= -tieTolerance) continue;
    dictionary.set(i, extra, -1);
    if (worst < 0 || constant < dictionary.constant(worst)) worst = i;
  }
  if (worst >= 0) {
    dictionary.pivot(worst, extra);
    dictionary.minimize(artificial);
    const row = basic.indexOf(artificial);
    if (row >= 0) {
      if (dictionary.constant(row) > pivotTolerance) return false;
      dictionary.set(row, columns, 0);
      dictionary.pivot(
        row,
        dictionary.largestIn(row, () => true),
      );
    }
  }
  ranges[artificial] = "zero";
  return true;
}

/** The vertex and its duals, from the tight rows and the basic variables of the program itself. */
function vertexOf(program: LinearProgram, scaled: ScaledProgram, dictionary: SimplexDictionary): LinearProgramSolution {
  const { rows, columns, matrix, bounds, costs, ranges, dualScale, variableScale } = scaled;
  const solved = Array.from(dictionary.basic).filter((variable) => variable < columns);
  const tight = Array.from(dictionary.nonbasic, (variable) => variable - columns).filter((i) => i >= 0 && i < rows);
  const square = Float64Array.from(
    { length: tight.length * solved.length },
    (_, at) => matrix[tight[Math.floor(at / solved.length)] * columns + solved[at % solved.length]],
  );
  const at = solveSquareSystems(
    square,
    Float64Array.from(tight, (i) => bounds[i]),
    Float64Array.from(solved, (j) => costs[j]),
  );
  const [x, dual] = [new Float64Array(columns), new Float64Array(rows)];
  solved.forEach((j, place) => {
    const value = ranges[j] === "nonnegative" ? Math.max(0, at.x[place]) : at.x[place];
    x[j] = value * variableScale[j];
  });
  tight.forEach((i, place) => {
    const value = program.constraints[i].relation === "=" ? at.y[place] : Math.min(0, at.y[place]);
    dual[i] = value * dualScale[i];
  });
  return { x, value: x.reduce((total, value, j) => total + value * program.objective[j], 0), dual };
}
