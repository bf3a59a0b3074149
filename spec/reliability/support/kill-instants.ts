import type { ChildProcess } from "node:child_process";
import { watch } from "node:fs";

/** When to kill: some time after the start, or some time after a file has been seen to change so many times. */
export type Instant =
  | { readonly after: number }
  | { readonly file: string; readonly changes: number; readonly delay: number };

/**
 * Half of the instants lie anywhere in the life of the process, the others where files are written.
 *
 * @param changes - how often the files of checkpoints may be seen to change, about six times each, before the kill
 */
export function drawInstant(random: () => number, life: number, changes: number): Instant {
  if (random() < 0.5) return { after: random() * life };
  const place = random();
  const delay = Math.floor(random() * 3);
  if (place < 0.6) return { file: "model.checkpoint.partial", changes: 1 + Math.floor(random() * changes), delay };
  if (place < 0.8) return { file: "model.partial", changes: 1 + Math.floor(random() * 8), delay };
  return { file: "model", changes: 1, delay };
}

/** Kills a process at an instant, if it is still there then. Gives what calls it off. */
export function killAt(child: ChildProcess, folder: string, instant: Instant): () => void {
  if ("after" in instant) {
    const timer = setTimeout(() => child.kill("SIGKILL"), instant.after);
    return () => clearTimeout(timer);
  }
  let left = instant.changes;
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, (_change, file) => {
    if (file !== instant.file) return;
    left -= 1;
    if (left !== 0) return;
    if (instant.delay === 0) child.kill("SIGKILL");
    else timer = setTimeout(() => child.kill("SIGKILL"), instant.delay);
  });
  return () => {
    watcher.close();
    clearTimeout(timer);
  };
}
