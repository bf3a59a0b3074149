import type { ByteSource } from "cotangent/data";
import type { Random } from "./reader-random.js";

/** What a reader made of an input that it accepted. */
export interface Reading {
  /** What kind of value it is, in a few words: a new kind guides the search as a new message does. */
  readonly kind: string;
  /** The whole value as text: the same bytes in other chunks must give the same. */
  readonly text?: () => string;
  /** Why the value contradicts itself; undefined if it does not. */
  readonly wrong?: string | undefined;
}

/** A part of a file that can be edited alone, and how to put the file together again so that the rest still fits it. */
export interface Opened {
  readonly inner: Uint8Array;
  readonly wrap: (inner: Uint8Array) => Uint8Array | Promise<Uint8Array>;
}

/** Opens a part of a file; undefined if the file is too broken for that. */
export type Layer = (bytes: Uint8Array, random: Random) => Opened | undefined | Promise<Opened | undefined>;

/** A file format, as the search for inputs that break its reader sees it. */
export interface ReaderFormat {
  readonly name: string;
  /** Its share of all inputs. */
  readonly weight: number;
  /** How every message begins. */
  readonly opening: RegExp;
  /** Pieces of the format's text to put in. */
  readonly words: readonly string[];
  /** Parts to edit alone; none for formats that are text as a whole. */
  readonly layers: readonly Layer[];
  /** Bytes that a reader may ask for in all: this many for each byte of the file, beside `MEMORY_FLOOR`. */
  readonly memory: number;
  /** Whether the reader takes chunks, so that where they are cut must not matter. */
  readonly isChunked: boolean;
  /** A valid file. */
  readonly generate: (random: Random) => Uint8Array | Promise<Uint8Array>;
  readonly read: (source: ByteSource) => Promise<Reading>;
}

/** Text as bytes. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Bytes as text, one character each, so that any bytes survive the way there and back. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** `latin1`, undone. */
export function fromLatin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

/** The first thing said that is a problem. */
export function firstWrong(problems: Iterable<string | false | undefined>): string | undefined {
  for (const problem of problems) if (problem) return problem;
  return undefined;
}
