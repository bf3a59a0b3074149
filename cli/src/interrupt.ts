import { constants } from "node:os";
import { setImmediate } from "node:timers/promises";

/** Notes SIGINT and SIGTERM until it is disposed, so that work can stop where nothing is lost. A second one kills. */
export class Interrupt {
  /** The signal that came, if one did. */
  signal: NodeJS.Signals | undefined;
  private readonly note = (signal: NodeJS.Signals): void => {
    this.signal = signal;
    this.dispose();
  };

  constructor() {
    process.on("SIGINT", this.note);
    process.on("SIGTERM", this.note);
  }

  /** The signal that came, if one did. Lets the event loop turn, or none would ever be seen. */
  async check(): Promise<NodeJS.Signals | undefined> {
    await setImmediate();
    return this.signal;
  }

  /** Leaves signals to the system again. */
  dispose(): void {
    process.off("SIGINT", this.note);
    process.off("SIGTERM", this.note);
  }
}

/** What a process that a signal stopped exits with. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
