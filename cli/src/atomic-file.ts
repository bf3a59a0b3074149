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

/**
 * Replaces a file in one go: whatever happens, `path` holds the old bytes or the new ones, whole, and the old ones stay
 * as `<path>.previous`.
 *
 * @throws FileError if it cannot be written; the file is then as it was
 */
export async function writeAtomically(command: string, path: string, bytes: Uint8Array): Promise<void> {
  const part = partOf(path);
  try {
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
