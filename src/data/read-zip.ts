import { crc32 } from "./crc32.js";
import { inflate } from "./deflate.js";
import { type DataError, quote } from "./error.js";

const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;

interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  readonly localStart: number;
}

/**
 * The members of a ZIP archive, unpacked and checked, by name in the directory's order.
 *
 * Stored and deflated members; sizes come from the central directory, as local headers may leave them out.
 * Members may not overlap, so that a small file cannot unpack to a huge one over and over. All of this is checked
 * before anything is unpacked.
 *
 * @param maxUnpackedSize - bytes that deflated members may unpack to, together
 */
export async function readZip(
  bytes: Uint8Array,
  fail: (problem: string) => DataError,
  maxUnpackedSize: number,
): Promise<Map<string, Uint8Array>> {
  const members = new Map<string, Uint8Array>();
  for (const { entry, packed } of locateMembers(bytes, fail, maxUnpackedSize)) {
    const { name, method, size } = entry;
    const unpacked = method === 0 ? packed : await inflate(packed, size);
    if (unpacked === undefined) throw fail(`member ${quote(name)} is corrupt: it does not unpack to ${size} bytes`);
    const crc = crc32(unpacked);
    if (crc !== entry.crc) {
      throw fail(`member ${quote(name)} is corrupt: its CRC-32 is ${crc} but must be ${entry.crc}`);
    }
    members.set(name, unpacked);
  }
  return members;
}

/** Where each member's packed bytes are, in the directory's order. */
function locateMembers(
  bytes: Uint8Array,
  fail: (problem: string) => DataError,
  maxUnpackedSize: number,
): { readonly entry: Entry; readonly packed: Uint8Array }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { entries, start } = readDirectory(bytes, view, fail);
  const names = new Set<string>();
  const extents: [number, number][] = [];
  let unpackedSize = 0;
  const located = entries.map((entry) => {
    const member = `member ${quote(entry.name)}`;
    if (names.has(entry.name)) throw fail(`${member} comes twice but must come once`);
    if ((entry.flags & 1) !== 0) throw fail(`${member} is encrypted but must not be`);
    if (entry.method !== 0 && entry.method !== 8) {
      throw fail(`${member} has compression method ${entry.method} but must have 0 (stored) or 8 (deflated)`);
    }
    const { localStart, packedSize, size } = entry;
    if (localStart + LOCAL_BYTES > start || view.getUint32(localStart, true) !== 0x04034b50) {
      throw fail(`${member} has no local header at byte ${localStart} but must`);
    }
    const dataStart =
      localStart + LOCAL_BYTES + view.getUint16(localStart + 26, true) + view.getUint16(localStart + 28, true);
    const dataEnd = dataStart + packedSize;
    if (dataEnd > start) throw fail(`${member} ends at byte ${dataEnd} but must end before the directory at ${start}`);
    extents.push([localStart, dataEnd]);
    if (entry.method === 0 && packedSize !== size) {
      throw fail(`${member} is stored in ${packedSize} bytes but must be in its size, ${size}`);
    }
    if (entry.method === 8) unpackedSize += size;
    names.add(entry.name);
    return { entry, packed: bytes.subarray(dataStart, dataEnd) };
  });
  extents.sort(([a], [b]) => a - b);
  if (extents.some(([from], at) => at > 0 && from < extents[at - 1]![1])) throw fail("members overlap but must not");
  if (unpackedSize > maxUnpackedSize) {
    throw fail(
      `compressed members unpack to ${unpackedSize} bytes but must to at most ${maxUnpackedSize}; raise maxUnpackedSize if that is right`,
    );
  }
  return located;
}

function readDirectory(
  bytes: Uint8Array,
  view: DataView,
  fail: (problem: string) => DataError,
): { entries: Entry[]; start: number } {
  const end = findEnd(view);
  if (end < 0) throw fail("file does not end as a ZIP archive does but must");
  const count = view.getUint16(end + 10, true);
  const size = view.getUint32(end + 12, true);
  const start = view.getUint32(end + 16, true);
  if (count === 0xffff || size === 0xffffffff || start === 0xffffffff) {
    throw fail("archive is ZIP64 but must not be: members and archive are limited to 4 GiB");
  }
  if (
    view.getUint16(end + 4, true) !== 0 ||
    view.getUint16(end + 6, true) !== 0 ||
    view.getUint16(end + 8, true) !== count
  ) {
    throw fail("archive is split over several files but must be one");
  }
  if (start + size !== end) {
    throw fail(`directory has bytes ${start} to ${start + size} but must end at byte ${end}`);
  }
  const entries: Entry[] = [];
  let at = start;
  for (let row = 0; row < count; row += 1) {
    if (at + ENTRY_BYTES > end || view.getUint32(at, true) !== 0x02014b50) {
      throw fail(`directory ends after ${row} members but must have ${count}`);
    }
    const nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    const next = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > end) throw fail(`directory ends inside member ${row} but must not`);
    const entry = {
      name: decodeName(bytes.subarray(at + ENTRY_BYTES, nameEnd), row, fail),
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packedSize: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      localStart: view.getUint32(at + 42, true),
    };
    if (entry.packedSize === 0xffffffff || entry.size === 0xffffffff || entry.localStart === 0xffffffff) {
      throw fail(`member ${quote(entry.name)} is ZIP64 but must not be: members are limited to 4 GiB`);
    }
    entries.push(entry);
    at = next;
  }
  if (at !== end) throw fail(`directory goes on after its ${count} members but must not`);
  return { entries, start };
}

// The end record is last but for a comment, whose length it gives.
function findEnd(view: DataView): number {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - 0xffff); at -= 1) {
    if (view.getUint32(at, true) === 0x06054b50 && view.getUint16(at + 20, true) === last - at) return at;
  }
  return -1;
}

function decodeName(bytes: Uint8Array, row: number, fail: (problem: string) => DataError): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw fail(`name of member ${row} is not UTF-8 but must be`);
  }
}
