import { concatBytes } from "./source.js";

/** Raw DEFLATE by the platform's own encoder. */
export async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const { readable, writable } = new CompressionStream("deflate-raw");
  feed(writable, bytes);
  const chunks: Uint8Array[] = [];
  for await (const chunk of readable) chunks.push(chunk);
  return concatBytes(chunks);
}

/** What raw DEFLATE holds, if that is exactly `size` bytes; `undefined` if it is corrupt or of another size. */
export async function inflate(bytes: Uint8Array, size: number): Promise<Uint8Array | undefined> {
  const { readable, writable } = new DecompressionStream("deflate-raw");
  feed(writable, bytes);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    // Stops at the first byte too many: a few compressed bytes may stand for gigabytes.
    for await (const chunk of readable) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > size) return undefined;
    }
  } catch {
    return undefined;
  }
  return length === size ? concatBytes(chunks) : undefined;
}

function feed(writable: WritableStream, bytes: Uint8Array): void {
  const writer = writable.getWriter();
  // An error reaches whoever reads the other end; unobserved here it would end the process.
  writer.write(bytes).catch(() => {});
  writer.close().catch(() => {});
}
