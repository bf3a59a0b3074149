/** How many f32 a WGSL value holds: `f32` or `vec4<f32>`. */
export type Lanes = 1 | 4;

/**
 * WGSL that is written once for both lane counts: F, U, I and B stand for the types of numbers, bits, whole numbers and
 * truth values, and N for the lane count at the end of a name.
 */
export interface Source {
  /** What it defines; `_` and the lane count are added. */
  readonly name: string;
  /** What its text calls. */
  readonly calls: readonly Source[];
  /** Written when it is first wanted. */
  readonly text: () => string;
  /** The number of operands where the text is for one lane: several lanes call it once for each. */
  readonly operandsOfScalar?: number;
}

const types: Readonly<Record<string, string>> = { F: "f32", U: "u32", I: "i32", B: "bool" };

function typed(text: string, lanes: Lanes): string {
  const type = (letter: string): string => (lanes === 1 ? types[letter] : `vec${lanes}<${types[letter]}>`);
  return text.replace(/\b[FUIB]\b/g, type).replace(/_N\b/g, `_${lanes}`);
}

/** A function of one lane, once for each lane. */
function perLane(name: string, operands: number): string {
  const names = ["x", "y"].slice(0, operands);
  const parameters = names.map((x) => `${x}: vec4<f32>`).join(", ");
  const results = ["x", "y", "z", "w"].map((lane) => `${name}_1(${names.map((x) => `${x}.${lane}`).join(", ")})`);
  return `fn ${name}_4(${parameters}) -> vec4<f32> {\n  return vec4<f32>(${results.join(", ")});\n}\n`;
}

/** Adds the texts that a source needs, and then its own, by their names. */
export function define(source: Source, lanes: Lanes, into: Map<string, string>): void {
  const { name, calls, text, operandsOfScalar } = source;
  if (lanes > 1 && operandsOfScalar !== undefined) {
    define(source, 1, into);
    into.set(`${name}_${lanes}`, perLane(name, operandsOfScalar));
    return;
  }
  for (const called of calls) define(called, lanes, into);
  into.set(`${name}_${lanes}`, typed(text(), lanes));
}

/** A number of single precision, by enough digits. */
export function literal(x: number): string {
  const text = `${Math.fround(x).toPrecision(9)}f`;
  return x < 0 ? `(${text})` : text;
}

/** `c₀ + c₁x + c₂x² + …` in a variable `x`. */
export function polynomial(x: string, coefficients: readonly number[]): string {
  const [first, ...rest] = coefficients;
  return rest.length === 0 ? literal(first) : `(${polynomial(x, rest)} * ${x} + ${literal(first)})`;
}

/** The same in two chains, of even and of odd powers, which run side by side, with its square in a variable. */
export function longPolynomial(x: string, square: string, [first, ...rest]: readonly number[]): string {
  const even = rest.filter((_, i) => i % 2 === 0);
  const odd = rest.filter((_, i) => i % 2 === 1);
  return `((${polynomial(square, even)} + ${x} * ${polynomial(square, odd)}) * ${x} + ${literal(first)})`;
}
