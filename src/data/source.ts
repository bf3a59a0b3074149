/** Text or bytes, whole or in chunks that may be cut anywhere: a Node read stream, a web stream, an array of strings. */
export type TextSource = string | Uint8Array | Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>;

/** Bytes, whole or in chunks. */
export type ByteSource = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Examples from memory or from a stream. */
export type Stream<T> = Iterable<T> | AsyncIterable<T>;

// A window bounds what is decoded at once: one huge chunk would otherwise become one huge string.
const WINDOW = 2 ** 16;

/** The source as bytes in chunks of bounded size; text becomes UTF-8. */
export async function* chunksOf(caller: string, source: TextSource): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let half = ""; // first half of a character whose second half opens the next chunk
  const whole = typeof source === "string" || isBytes(source);
  for await (const chunk of whole ? [source] : source) {
    if (typeof chunk === "string") {
      const text = half + chunk;
      const end = endsInHalf(text) ? text.length - 1 : text.length;
      half = text.slice(end);
      for (let start = 0; start < end; ) {
        let stop = Math.min(start + WINDOW, end);
        if (stop < end && endsInHalf(text.slice(stop - 1, stop))) stop -= 1;
        yield encoder.encode(text.slice(start, stop));
        start = stop;
      }
    } else if (isBytes(chunk)) {
      if (half !== "") yield encoder.encode(half);
      half = "";
      const bytes = plain(chunk);
      for (let start = 0; start < bytes.length; start += WINDOW) yield bytes.subarray(start, start + WINDOW);
    } else {
      throw new TypeError(`${caller}: a chunk is of type ${typeof chunk} but must be a Uint8Array or a string`);
    }
  }
  if (half !== "") yield encoder.encode(half);
}

/** All bytes of the source in one array; a source that is one array comes back as it is, not copied. */
export async function readAll(caller: string, source: ByteSource): Promise<Uint8Array> {
  if (isBytes(source)) return plain(source);
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) {
    if (!isBytes(chunk)) {
      throw new TypeError(`${caller}: a chunk is of type ${typeof chunk} but must be a Uint8Array`);
    }
    chunks.push(plain(chunk).slice()); // a source may fill the same buffer again
  }
  return concatBytes(chunks);
}

/** One array that holds the chunks in order. */
export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let end = 0;
  for (const chunk of chunks) {
    all.set(chunk, end);
    end += chunk.length;
  }
  return all;
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

// Node's Buffer is a Uint8Array whose slice() does not copy; a plain view behaves the same everywhere.
function plain({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function endsInHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last < 0xdc00;
}
