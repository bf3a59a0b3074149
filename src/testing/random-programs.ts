import fc from "fast-check";
import { RandomProgram } from "./random-program.js";
import { ProgramBuilder } from "./random-program-builder.js";
import type { Draw } from "./random-program-claims.js";
import { contractions } from "./random-program-contractions.js";
import { elementwise } from "./random-program-elementwise.js";
import { integers } from "./random-program-integers.js";
import { interpreter } from "./random-program-interpreter.js";
import { movements } from "./random-program-movement.js";
import { reductions } from "./random-program-reductions.js";
import { rowOperations } from "./random-program-rows.js";
import { pruned, smallerPrograms } from "./random-program-shrink.js";

export interface RandomProgramOptions {
  /** Operations of a program at most, a whole number ≥ 1; helpers that an operation needs may go past it. Default 40. */
  readonly maxOperations?: number;
  /** The float dtype of whatever is not exact. Default f64. */
  readonly dtype?: "f32" | "f64";
}

/** Each family as often as its place here says. */
const families: readonly (readonly Draw[])[] = [
  elementwise,
  elementwise,
  elementwise,
  movements,
  movements,
  reductions,
  reductions,
  contractions,
  rowOperations,
  integers,
  integers,
];

/**
 * Random programs of tensor operations, for laws about how programs are run: any way to run one must give the same.
 *
 * Values stay in [−2, 2], and each carries a bound on what rounding may have done to it. Functions with jumps are applied
 * only to values that are exact, whatever the order of operations: no rounding can tip them over. A failing program
 * shrinks to few operations, and prints as lines that can be read.
 *
 * Reach for it to test a backend, a scheduler or a graph transformation against another.
 */
export function randomPrograms({
  maxOperations = 40,
  dtype = "f64",
}: RandomProgramOptions = {}): fc.Arbitrary<RandomProgram> {
  return new RandomPrograms(maxOperations, dtype);
}

class RandomPrograms extends fc.Arbitrary<RandomProgram> {
  private readonly maxOperations: number;
  private readonly dtype: "f32" | "f64";
  /** Shapes are found by building the tensors; nothing is ever computed here. */
  private readonly backend = interpreter();

  constructor(maxOperations: number, dtype: "f32" | "f64") {
    super();
    this.maxOperations = maxOperations;
    this.dtype = dtype;
  }

  generate(random: fc.Random): fc.Value<RandomProgram> {
    const builder = new ProgramBuilder(this.dtype, random, this.backend);
    builder.leaf(builder.shape(), { dtype: this.dtype });
    const wanted = builder.int(1, this.maxOperations);
    while (builder.operations < wanted) builder.pick(builder.pick(families))(builder);
    return new fc.Value(pruned(new RandomProgram(this.dtype, builder.lines, builder.outputs())), undefined);
  }

  canShrinkWithoutContext(value: unknown): value is RandomProgram {
    return value instanceof RandomProgram;
  }

  shrink(program: RandomProgram): fc.Stream<fc.Value<RandomProgram>> {
    return fc.stream(smallerPrograms(program)).map((smaller) => new fc.Value(smaller, undefined));
  }
}
