/** Bytes of machine code, nested as they were put together. */
export type Code = readonly (number | Code)[];

/** An unsigned integer in LEB128. */
export function unsigned(value: number): Code {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

/** A signed integer in LEB128. */
export function signed(value: bigint | number): Code {
  const bytes: number[] = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    const low = Number(rest & 127n);
    if (rest >= -64n && rest < 64n) return [...bytes, low];
    bytes.push(low + 128);
  }
}

/** A floating-point number, least byte first. */
export function float(value: number, bytes: 4 | 8): Code {
  const view = new DataView(new ArrayBuffer(bytes));
  if (bytes === 4) view.setFloat32(0, value, true);
  else view.setFloat64(0, value, true);
  return [...new Uint8Array(view.buffer)];
}

/** A name in UTF-8 behind its length. */
export function name(text: string): Code {
  const bytes = new TextEncoder().encode(text);
  return [unsigned(bytes.length), [...bytes]];
}

/** Items behind their number. */
export function vector(items: readonly Code[]): Code {
  return [unsigned(items.length), items];
}

/** Code behind its length in bytes. */
export function sized(code: Code): Code {
  const bytes = flatten(code);
  return [unsigned(bytes.length), bytes];
}

/** Adds nested code to the end of a list of bytes. */
export function append(bytes: number[], code: Code): void {
  for (const part of code) {
    if (typeof part === "number") bytes.push(part);
    else append(bytes, part);
  }
}

export function flatten(code: Code): number[] {
  const bytes: number[] = [];
  append(bytes, code);
  return bytes;
}
