import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A disk in memory that can be filled, where this process may mount one. */
export class SmallDisk {
  /** Why there is none, if there is none. */
  readonly whyNot: string | undefined;
  private readonly path: string;

  constructor(path: string, bytes: number) {
    this.path = path;
    mkdirSync(path);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "none", path], { stdio: "pipe" });
    } catch (problem) {
      this.whyNot = `no small disk can be mounted here: ${String(problem).split("\n")[0]}`;
    }
  }

  /** Bytes that can still be written. */
  get room(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  /** Leaves room for so many bytes, or all that there is. */
  fill(room: number): void {
    this.makeRoom();
    writeFileSync(this.ballast, new Uint8Array(Math.max(0, this.room - room)));
  }

  makeRoom(): void {
    rmSync(this.ballast, { force: true });
  }

  unmount(): void {
    if (this.whyNot === undefined) execFileSync("umount", [this.path]);
  }

  private get ballast(): string {
    return join(this.path, "ballast");
  }
}
