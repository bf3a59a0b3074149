import { copyFile, link, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { FileError, reasonOf } from "./errors.js";

/** Where a file's last version is kept when a new one takes its place. */
export function previousOf(path: string): string {
  return `${path}.previous`;
}

function partOf(path: string): string {
  return `${path}.partial`;
}

/** Removes what a process that was killed while it wrote has left. */
export async function removePartOf(path: string): Promise<void> {
  await rm(partOf(path), { force: true }).catch(() => undefined); // whoever writes there will say what is wrong
}

/**
 * Replaces a file in one go: whatever happens, `path` holds the old bytes or the new ones, whole, and the old ones stay
 * as `<path>.previous`. Where it holds the new ones already nothing changes: a run that was killed right after this and
 * comes here again leaves the version before as it is.
 *
 * @throws FileError if it cannot be written; the file is then as it was
 */
export async function writeAtomically(command: string, path: string, bytes: Uint8Array): Promise<void> {
  const part = partOf(path);
  try {
    if (await holds(path, bytes)) return await syncFolder(dirname(path));
    const file = await open(part, "w");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    if (await exists(path)) await keepPrevious(path);
    await rename(part, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(part, { force: true }).catch(() => undefined);
    const kept = (await exists(path)) ? `; what it held before is intact` : "";
    throw new FileError(`${command}: ${path} cannot be written, as ${reasonOf(cause)}${kept}`, { cause });
  }
}

/** Throws FileError unless a file could be written there. */
export async function checkWritable(command: string, path: string): Promise<void> {
  const part = partOf(path);
  try {
    const there = await stat(path).catch(() => undefined);
    if (there?.isDirectory()) throw Object.assign(new Error("it is a folder"), { code: "EISDIR" });
    await (await open(part, "w")).close();
    await rm(part);
  } catch (cause) {
    throw new FileError(
      `${command}: --output is ${path}, which cannot be written, as ${reasonOf(cause)}, but must be writable; nothing has been trained yet`,
      { cause },
    );
  }
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Whether a file has these bytes and no others, read piece by piece: it may be larger than the memory left. */
async function holds(path: string, bytes: Uint8Array): Promise<boolean> {
  const there = await stat(path).catch(() => undefined);
  if (there === undefined || !there.isFile() || there.size !== bytes.length) return false;
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const piece = new Uint8Array(2 ** 20);
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await file.read(piece, 0, piece.length, at);
      if (bytesRead === 0 || Buffer.compare(piece.subarray(0, bytesRead), bytes.subarray(at, at + bytesRead)) !== 0) {
        return false;
      }
      at += bytesRead;
    }
    return true;
  } finally {
    await file.close();
  }
}

/** A second name for the same bytes, so that `path` itself is never missing. */
async function keepPrevious(path: string): Promise<void> {
  const previous = previousOf(path);
  await rm(previous, { force: true });
  try {
    await link(path, previous);
  } catch {
    await copyFile(path, previous); // a file system without hard links
  }
}

/** Makes the new name last through a power cut, where folders can be synced. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => undefined);
  if (folder === undefined) return;
  try {
    await folder.sync().catch(() => undefined);
  } finally {
    await folder.close();
  }
}
