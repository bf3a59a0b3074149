import { DataError, quote } from "./error.js";

/** One line of a text file, which parses its fields and names its place when one is wrong. */
export class Line {
  /** `readXmc: data.txt`: who reads what. */
  readonly origin: string;
  /** 1 for the file's first line. */
  readonly number: number;
  /** Without its line end. */
  readonly text: string;

  constructor(origin: string, number: number, text: string) {
    this.origin = origin;
    this.number = number;
    this.text = text;
  }

  /** An error at an offset in the line; columns count UTF-16 units from 1. */
  error(offset: number, problem: string): DataError {
    return new DataError(`${this.origin}:${this.number}:${offset + 1}: ${problem}`);
  }

  /** Where the blanks that start at `offset` end. */
  skipBlanks(offset: number, end: number): number {
    let at = offset;
    while (at < end && isBlank(this.text.charCodeAt(at))) at += 1;
    return at;
  }

  /** Where the field that starts at `offset` ends: at the next blank. */
  fieldEnd(offset: number, end: number): number {
    let at = offset;
    while (at < end && !isBlank(this.text.charCodeAt(at))) at += 1;
    return at;
  }

  /** The field as a whole number in `[least, bound)`, digits only. */
  whole(start: number, end: number, name: string, least: number, bound: number): number {
    let value = 0;
    for (let at = start; at < end; at += 1) {
      const digit = this.text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) value = Number.NaN;
      value = value * 10 + digit;
    }
    if (start === end || Number.isNaN(value)) {
      throw this.error(start, `${name} is ${quote(this.text.slice(start, end))} but must be a whole number`);
    }
    if (value < least || value >= bound) {
      const shown = end - start > 40 ? quote(this.text.slice(start, end)) : this.text.slice(start, end);
      throw this.error(start, `${name} is ${shown} but must be in [${least}, ${bound})`);
    }
    return value;
  }

  /** The field as a finite number in decimal notation. */
  finite(start: number, end: number, name: string): number {
    const field = this.text.slice(start, end);
    const value = isDecimal(field) ? Number(field) : Number.NaN;
    if (!Number.isFinite(value)) throw this.error(start, `${name} is ${quote(field)} but must be a finite number`);
    return value;
  }

  /** The field as a finite number that rounds to a finite 32-bit float. */
  float32(start: number, end: number, name: string): number {
    const value = Math.fround(this.finite(start, end, name));
    if (!Number.isFinite(value)) {
      throw this.error(start, `${name} is ${quote(this.text.slice(start, end))} but must fit a 32-bit float`);
    }
    return value;
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

// Number() alone would also take "", "0x1f" and "Infinity".
function isDecimal(field: string): boolean {
  for (let at = 0; at < field.length; at += 1) {
    const code = field.charCodeAt(at);
    const allowed = (code >= 48 && code <= 57) || code === 46 || code === 43 || code === 45 || (code | 32) === 101;
    if (!allowed) return false;
  }
  return field !== "";
}
