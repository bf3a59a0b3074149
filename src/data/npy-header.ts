import { quote } from "./error.js";
import { MAX_AXES, type NdArrayType } from "./nd-array.js";

/** What an npy header says. */
export interface NpyHeader {
  readonly dtype: NdArrayType;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

type Literal = string | boolean | readonly number[];

/** NumPy's code for each type, without the byte order. */
export function npyCode(dtype: NdArrayType): string {
  return { f32: "f4", f64: "f8", i8: "i1", i32: "i4", i64: "i8", u8: "u1", u32: "u4", bool: "b1" }[dtype];
}

/** Parses the header's Python dictionary; the problem, in words, if it is wrong. */
export function parseNpyHeader(text: string): NpyHeader | string {
  const entries = parseDictionary(text);
  if (typeof entries === "string") return entries;
  const { descr, fortran_order: fortranOrder, shape } = Object.fromEntries(entries);
  if (entries.size !== 3 || descr === undefined || fortranOrder === undefined || shape === undefined) {
    const keys = [...entries.keys()].slice(0, 4).map(quote).join(", ");
    const more = entries.size > 4 ? ` and ${entries.size - 4} more` : "";
    return `header has the keys ${keys || "none"}${more} but must have descr, fortran_order and shape`;
  }
  if (typeof descr !== "string") return "descr is not a string but must be: structured types are not supported";
  const [, order, code] = /^([<>|])([fiub][1248])$/.exec(descr) ?? [];
  const dtypes: readonly NdArrayType[] = ["f32", "f64", "i8", "i32", "i64", "u8", "u32", "bool"];
  const dtype = dtypes.find((candidate) => npyCode(candidate) === code);
  if (dtype === undefined || (order === "|" && !code!.endsWith("1"))) {
    return `descr is ${quote(descr)} but must be one of f4, f8, i1, i4, i8, u1, u4, b1 after < or > (or | for one byte)`;
  }
  if (typeof fortranOrder !== "boolean") return "fortran_order is not True or False but must be";
  if (typeof shape !== "object") return "shape is not a tuple of whole numbers but must be";
  if (shape.length > MAX_AXES) return `shape has ${shape.length} axes but must have at most ${MAX_AXES}`;
  return { dtype, littleEndian: order !== ">", fortranOrder, shape };
}

function parseDictionary(text: string): Map<string, Literal> | string {
  const words = /\s*(?:('[^'\\]*'|"[^"\\]*")|(True|False)|(\d+)L?|([{}(),:]))|/y;
  const entries = new Map<string, Literal>();
  let word = "";
  const read = (): string => {
    const [, quoted, bool, digits, mark] = words.exec(text) ?? [];
    word = quoted ?? bool ?? digits ?? mark ?? "";
    return word;
  };
  const malformed = () =>
    `header is ${quote(text.trim())} but must be a Python dictionary of strings, bools and tuples`;
  const value = (): Literal | undefined => {
    if (/^['"]/.test(word)) return word.slice(1, -1);
    if (word === "True" || word === "False") return word === "True";
    if (word !== "(") return undefined;
    const sizes: number[] = [];
    while (/^\d/.test(read())) {
      sizes.push(Number(word));
      if (!Number.isSafeInteger(sizes[sizes.length - 1])) return undefined;
      const mark = read();
      if (mark === ")") return sizes.length > 1 ? sizes : undefined; // Python: (3) is no tuple, (3,) is
      if (mark !== ",") return undefined;
    }
    return (word as string) === ")" ? sizes : undefined;
  };

  if (read() !== "{") return malformed();
  while (/^['"]/.test(read())) {
    const key = word.slice(1, -1);
    if (entries.has(key)) return `header has ${quote(key)} twice but must have each key once`;
    if (read() !== ":") return malformed();
    read();
    const literal = value();
    if (literal === undefined) return malformed();
    entries.set(key, literal);
    read();
    if (word === "}") break;
    if (word !== ",") return malformed();
  }
  return word === "}" && text.slice(words.lastIndex).trim() === "" ? entries : malformed();
}
