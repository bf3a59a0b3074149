import { constants } from "node:os";
import { setImmediate } from "node:timers/promises";

/** Notes SIGINT and SIGTERM until it is disposed, so that work can stop where nothing is lost. A second one kills. */
export class Interrupt {
  private received: NodeJS.Signals | undefined;
  private readonly note = (signal: NodeJS.Signals): void => {
    this.received = signal;
    this.dispose();
  };

  constructor() {
    process.on("SIGINT", this.note);
    process.on("SIGTERM", this.note);
  }

  /** The exit code of the signal that came, if one did. Lets the event loop turn, or none would ever be seen. */
  async exitCode(): Promise<number | undefined> {
    await setImmediate();
    return this.received === undefined ? undefined : 128 + constants.signals[this.received];
  }

  /** Leaves signals to the system again. */
  dispose(): void {
    process.off("SIGINT", this.note);
    process.off("SIGTERM", this.note);
  }
}
