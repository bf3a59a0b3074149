import { crc32 } from "./crc32.js";
import { deflate } from "./deflate.js";
import { concatBytes } from "./source.js";

const UTF8_NAMES = 0x0800;
const NEW_YEAR_1980 = 0x0021; // the format's first day: the same members always give the same bytes

/** A ZIP archive of the members; one that does not shrink is stored. */
export async function writeZip(
  caller: string,
  members: ReadonlyMap<string, Uint8Array>,
  compress: boolean,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, bytes] of members) {
    const nameBytes = new TextEncoder().encode(name);
    const deflated = compress ? await deflate(bytes) : bytes;
    const [method, packed] = deflated.length < bytes.length ? [8, deflated] : [0, bytes];
    const common = record([
      [2, 20],
      [2, UTF8_NAMES],
      [2, method],
      [2, 0],
      [2, NEW_YEAR_1980],
      [4, crc32(bytes)],
      [4, packed.length],
      [4, bytes.length],
      [2, nameBytes.length],
      [2, 0],
    ]);
    parts.push(record([[4, 0x04034b50]]), common, nameBytes, packed);
    const attributes = record([
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, offset],
    ]);
    directory.push(
      record([
        [4, 0x02014b50],
        [2, 20],
      ]),
      common,
      attributes,
      nameBytes,
    );
    offset += 4 + common.length + nameBytes.length + packed.length;
    if (nameBytes.length > 0xffff)
      throw new RangeError(`${caller}: a name has ${nameBytes.length} bytes but must have at most 65535`);
    if (Math.max(offset, bytes.length) >= 0xffffffff) {
      throw new RangeError(`${caller}: arrays are over 4 GiB but must fit an archive without ZIP64`);
    }
  }
  if (members.size >= 0xffff) throw new RangeError(`${caller}: arrays are ${members.size} but must be at most 65534`);
  const directoryBytes = concatBytes(directory);
  const end = record([
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, members.size],
    [2, members.size],
    [4, directoryBytes.length],
    [4, offset],
    [2, 0],
  ]);
  return concatBytes([...parts, directoryBytes, end]);
}

// Little-endian fields, each given as [bytes, value].
function record(fields: readonly (readonly [2 | 4, number])[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  return bytes;
}
