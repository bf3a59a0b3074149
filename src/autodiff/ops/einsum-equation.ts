import { ShapeError, showShape } from "../check.js";
import type { Shape } from "../shape.js";

/** Names of the axes of each tensor and of the result: letters, and `...1`, `...2` counted from the right. */
export interface Equation {
  readonly terms: readonly (readonly string[])[];
  readonly result: readonly string[];
}

/** Reads an equation of `einsum` for tensors of the given shapes. */
export function parseEquation(equation: string, shapes: readonly Shape[]): Equation {
  const wrong = (right: string) => new TypeError(`einsum: equation is ${JSON.stringify(equation)} but must ${right}`);
  const sides = equation.replace(/\s/g, "").split("->");
  if (sides.length > 2) throw wrong("have one -> at most");
  for (const term of [...sides[0].split(","), ...sides.slice(1)]) {
    if (!/^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/.test(term)) {
      throw wrong("be letters and at most one ... a term, with commas between the terms and at most one ->");
    }
  }
  const left = sides[0].split(",");
  if (left.length !== shapes.length) {
    throw new RangeError(
      `einsum: tensors has ${shapes.length} but must have ${left.length}, one for each term of ${JSON.stringify(equation)}`,
    );
  }
  const further = left.map((term, i) => furtherAxes(term, shapes[i], i));
  const widest = Math.max(...further);
  const terms = left.map((term, i) => named(term, further[i]));
  const right = sides[1] ?? implied(left);
  const result = named(right, widest);
  for (const [i, name] of result.entries()) {
    if (name.startsWith("...")) continue;
    if (!left.some((term) => term.includes(name))) throw wrong(`have ${name} on the left too`);
    if (result.indexOf(name) < i) throw wrong(`have ${name} once on the right`);
  }
  if (!right.includes("...") && left.some((term) => term.includes("..."))) throw wrong("have ... on the right too");
  return { terms, result };
}

/** How many axes the `...` of a term stands for. */
function furtherAxes(term: string, shape: Shape, i: number): number {
  const letters = term.replace("...", "").length;
  const open = term.includes("...");
  if (open ? shape.length >= letters : shape.length === letters) return shape.length - letters;
  const count = `${letters} ${letters === 1 ? "axis" : "axes"}${open ? " or more" : ""}`;
  throw new ShapeError(`einsum: tensor ${i} has shape ${showShape(shape)} but must have ${count} for "${term}"`);
}

function named(term: string, further: number): string[] {
  const [before, after] = term.split("...");
  if (after === undefined) return [...before];
  return [...before, ...Array.from({ length: further }, (_, i) => `...${further - i}`), ...after];
}

function implied(left: readonly string[]): string {
  const letters = [...left.join("").replaceAll(".", "")];
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter));
  return `${left.some((term) => term.includes("...")) ? "..." : ""}${once.sort().join("")}`;
}
