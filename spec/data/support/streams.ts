import fc from "fast-check";

/** Everything that a stream gives. */
export async function collect<T>(stream: AsyncIterable<T> | Iterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** A text as a stream's worth of lines, joined. */
export async function joined(lines: AsyncIterable<string>): Promise<string> {
  return (await collect(lines)).join("");
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A place as a share of a length, in [0, 1); `fc.double` would put nearly all of them at the start. */
export const share: fc.Arbitrary<number> = fc.nat(2 ** 20 - 1).map((steps) => steps / 2 ** 20);

/** Where to cut a file. */
export const cuts: fc.Arbitrary<number[]> = fc.array(share, { maxLength: 12 });

/** The bytes cut there, as Node gives them (Buffers), in one buffer that is filled again and again. */
export async function* cutBytes(bytes: Uint8Array, places: readonly number[]): AsyncGenerator<Uint8Array> {
  const ends = places.map((share) => Math.round(share * bytes.length)).sort((a, b) => a - b);
  const shared = Buffer.alloc(bytes.length);
  let start = 0;
  for (const end of [...ends, bytes.length]) {
    const chunk = shared.subarray(0, end - start);
    chunk.set(bytes.subarray(start, end));
    yield chunk;
    start = end;
  }
}

/** The text cut there, between any two UTF-16 units. */
export function cutText(text: string, places: readonly number[]): string[] {
  const ends = places.map((share) => Math.round(share * text.length)).sort((a, b) => a - b);
  return [...ends, text.length].map((end, at) => text.slice(at === 0 ? 0 : ends[at - 1], end));
}
