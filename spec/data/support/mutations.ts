import { DataError } from "cotangent/data";
import fc from "fast-check";
import { expect } from "vitest";
import { share } from "./streams.js";

export interface Mutation {
  readonly place: number;
  readonly kind: "set" | "insert" | "delete" | "cut";
  readonly byte: number;
}

/** A few random edits of a file's bytes. */
export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    place: share,
    kind: fc.constantFrom("set", "set", "set", "insert", "delete", "cut"),
    byte: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 255, 0x30, 0x39, 0x2d, 0x20, 0x0a)),
  }),
  { minLength: 1, maxLength: 4 },
);

export function mutate(bytes: Uint8Array, edits: readonly Mutation[]): Uint8Array {
  const edited = [...bytes];
  for (const { place, kind, byte } of edits) {
    const at = Math.floor(place * edited.length);
    if (kind === "set") edited[at] = byte;
    else if (kind === "insert") edited.splice(at, 0, byte);
    else if (kind === "delete") edited.splice(at, 1);
    else edited.length = at;
  }
  return Uint8Array.from(edited);
}

/** Passes if the reader gives a value or a DataError that names reader and file; returns the value. */
export async function valueOrDataError<T>(opening: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    expect(error.message.startsWith(`${opening}:`)).toBe(true);
    return undefined;
  }
}
