import { expect } from "vitest";
import { commands } from "vitest/browser";

/** Workers that this page has now, as the browser counts them. */
export const countWorkers: () => Promise<number> = (commands as unknown as { countWorkers(): Promise<number> })
  .countWorkers;

/** Waits until the page has so many workers: the browser starts and ends them in its own time. */
export async function untilWorkers(count: number): Promise<void> {
  await expect.poll(countWorkers, { timeout: 10_000 }).toBe(count);
}
