/** Something to do; what it returns is waited for before the next is done. */
export type Turn = () => void | Promise<void>;

/**
 * Does one thing after the other, in the order in which they were asked for: at once while nothing is under way, so that
 * what never waits costs nothing.
 */
export class Turns {
  private waiting: Turn[] = [];
  private isBusy = false;

  /** @param failed - takes the error of a turn that does not come to its end */
  take(turn: Turn, failed: (error: Error) => void = () => {}): void {
    const attempt = () => attempted(turn, failed);
    if (this.isBusy) {
      this.waiting.push(attempt);
      return;
    }
    const underWay = attempt();
    if (underWay !== undefined) this.drain(underWay);
  }

  private async drain(first: Promise<void>): Promise<void> {
    this.isBusy = true;
    await first;
    while (this.waiting.length > 0) {
      const turns = this.waiting;
      this.waiting = [];
      for (const turn of turns) await turn();
    }
    this.isBusy = false;
  }
}

function attempted(turn: Turn, failed: (error: Error) => void): void | Promise<void> {
  try {
    return turn()?.catch(failed);
  } catch (error) {
    return failed(error as Error);
  }
}
