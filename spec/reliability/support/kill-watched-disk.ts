import type * as Files from "node:fs/promises";
import { basename } from "node:path";
import type { PowerCutModel } from "./kill-power-cut.js";

/** What a program asks of the disk that changes it, or makes it last. */
export interface Operation {
  readonly kind: "create" | "write" | "sync" | "close" | "link" | "rename" | "remove" | "sync folder";
  readonly name: string;
}

/** What happens to an operation: it is done, the process is killed in its midst, or the disk is found to be full. */
export type Fate = "done" | "killed" | "full";

class Killed extends Error {}

/**
 * The disk under a program, operation by operation. Once one has killed the program, none of its calls does anything any
 * more, so that what is on the disk is what SIGKILL would have left there.
 */
export class WatchedDisk {
  readonly operations: Operation[] = [];
  /** What a power cut could leave, were it to come now. */
  readonly lasting: PowerCutModel | undefined;
  private isDead = false;
  private readonly fate: (index: number, operation: Operation) => Fate;

  constructor(fate: (index: number, operation: Operation) => Fate = () => "done", lasting?: PowerCutModel) {
    this.fate = fate;
    this.lasting = lasting;
  }

  get wasKilled(): boolean {
    return this.isDead;
  }

  checkAlive(): void {
    if (this.isDead) throw new Killed("the process is dead");
  }

  /** Decides on an operation, of which `half` is the part that is done where it breaks off. */
  async meet(kind: Operation["kind"], path: string, half?: () => Promise<void>): Promise<void> {
    this.checkAlive();
    const operation = { kind, name: basename(path) };
    this.lasting?.note(kind);
    this.operations.push(operation);
    const fate = this.fate(this.operations.length - 1, operation);
    if (fate === "done") return;
    await half?.();
    if (fate === "full") throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    this.isDead = true;
    throw new Killed("the process is dead");
  }
}

/** The file system, with a disk that is watched while there is one. */
export function watchedFiles(real: typeof Files, watched: () => WatchedDisk | undefined): typeof Files {
  const open = async (path: string, flags = "r"): Promise<Files.FileHandle> => {
    const disk = watched();
    if (disk === undefined) return real.open(path, flags);
    disk.checkAlive();
    if (flags !== "r") await disk.meet("create", path);
    const handle = await real.open(path, flags);
    if (flags !== "r") disk.lasting?.create(basename(path));
    return flags === "r" ? watchedFolder(handle, path, disk) : watchedFile(handle, path, disk);
  };
  const stat = async (path: string) => {
    watched()?.checkAlive();
    return real.stat(path);
  };
  const link = async (from: string, to: string) => {
    await watched()?.meet("link", to);
    await real.link(from, to);
    watched()?.lasting?.link(basename(from), basename(to));
  };
  const rename = async (from: string, to: string) => {
    await watched()?.meet("rename", to);
    await real.rename(from, to);
    watched()?.lasting?.rename(basename(from), basename(to));
  };
  const rm = async (path: string, options: object) => {
    await watched()?.meet("remove", path);
    await real.rm(path, options);
    watched()?.lasting?.remove(basename(path));
  };
  return { ...real, open, stat, link, rename, rm } as typeof Files;
}

function watchedFile(handle: Files.FileHandle, path: string, disk: WatchedDisk): Files.FileHandle {
  const name = basename(path);
  const over = {
    async writeFile(bytes: Uint8Array) {
      await disk.meet("write", path, () => handle.writeFile(bytes.subarray(0, bytes.length >> 1)));
      await handle.writeFile(bytes);
      disk.lasting?.write(name, bytes);
    },
    async sync() {
      await disk.meet("sync", path);
      disk.lasting?.sync(name);
    },
    async close() {
      await handle.close(); // whatever comes: the process under test is this one
      await disk.meet("close", path);
    },
  };
  return over as unknown as Files.FileHandle;
}

function watchedFolder(handle: Files.FileHandle, path: string, disk: WatchedDisk): Files.FileHandle {
  const over = {
    async sync() {
      await disk.meet("sync folder", path);
      disk.lasting?.syncFolder();
    },
    read: (...args: Parameters<Files.FileHandle["read"]>) => handle.read(...args),
    close: () => handle.close(),
  };
  return over as unknown as Files.FileHandle;
}
