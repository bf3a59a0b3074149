import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Operation } from "./kill-watched-disk.js";

/** What one file held when it was last synced: nothing that can be relied on until then. */
interface Inode {
  bytes: Uint8Array;
  synced: Uint8Array;
}

/** What a folder holds: names and bytes. */
export type FolderState = ReadonlyMap<string, Uint8Array>;

/** What a power cut leaves. */
export interface PowerCut {
  readonly files: FolderState;
  /** Whether the program has gone on after a checkpoint, which has to last from then on. */
  readonly hasCheckpoint: boolean;
}

const NOTHING = new Uint8Array();
/** Folder entries that one operation changes; undefined where it takes one away. */
type Change = ReadonlyMap<string, Inode | undefined>;

/**
 * What a power cut can leave of a folder, on a disk that promises no more than POSIX does: bytes that were not synced are
 * gone, and of the changes to the folder since it was last synced any may be there and any may not.
 */
export class PowerCutModel {
  private readonly names = new Map<string, Inode>();
  private lasting: ReadonlyMap<string, Inode>;
  private pending: Change[] = [];
  private readonly found = new Map<string, PowerCut>();
  private hasRenamed = false;
  private hasCheckpoint = false;

  constructor(folder: string) {
    for (const name of readdirSync(folder)) {
      const bytes = new Uint8Array(readFileSync(join(folder, name)));
      this.names.set(name, { bytes, synced: bytes });
    }
    this.lasting = new Map(this.names);
  }

  /** All that a power cut could have left at any of the instants noted, each once. */
  get cuts(): readonly PowerCut[] {
    return [...this.found.values()];
  }

  /**
   * The power could fail now.
   *
   * @param next - what the program is about to do
   */
  note(next?: Operation["kind"]): void {
    if (this.hasRenamed && next !== "sync folder") this.hasCheckpoint = true;
    const { hasCheckpoint } = this;
    for (let kept = 0; kept < 2 ** this.pending.length; kept++) {
      const names = new Map(this.lasting);
      this.pending.forEach((change, i) => {
        if ((kept & (2 ** i)) === 0) return;
        for (const [name, inode] of change) {
          if (inode === undefined) names.delete(name);
          else names.set(name, inode);
        }
      });
      const files = new Map([...names].sort().map(([name, { synced }]) => [name, synced]));
      const print = [...files].map(([name, bytes]) => `${name} ${Buffer.from(bytes).toString("latin1")}`).join("\n");
      const key = `${hasCheckpoint} ${print}`;
      if (!this.found.has(key)) this.found.set(key, { files, hasCheckpoint });
    }
  }

  create(name: string): void {
    const there = this.names.get(name);
    if (there === undefined) this.change(new Map([[name, { bytes: NOTHING, synced: NOTHING }]]));
    else Object.assign(there, { bytes: NOTHING, synced: NOTHING });
  }

  write(name: string, bytes: Uint8Array): void {
    this.names.get(name)!.bytes = bytes;
  }

  sync(name: string): void {
    const inode = this.names.get(name)!;
    inode.synced = inode.bytes;
  }

  link(from: string, to: string): void {
    this.change(new Map([[to, this.names.get(from)]]));
  }

  rename(from: string, to: string): void {
    this.hasRenamed ||= to === "model.checkpoint";
    const moved: [string, Inode | undefined][] = [
      [to, this.names.get(from)],
      [from, undefined],
    ];
    this.change(new Map(moved));
  }

  remove(name: string): void {
    if (this.names.has(name)) this.change(new Map([[name, undefined]]));
  }

  syncFolder(): void {
    this.lasting = new Map(this.names);
    this.pending = [];
  }

  private change(change: Change): void {
    for (const [name, inode] of change) {
      if (inode === undefined) this.names.delete(name);
      else this.names.set(name, inode);
    }
    this.pending.push(change);
  }
}
