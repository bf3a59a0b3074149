import { appendFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a source claims of a method, and what became of it here. */
export interface Claim {
  /** The export that it is about. */
  readonly method: string;
  /** In one sentence, with the figure if the source gives one. */
  readonly claim: string;
  /** Data, sizes, steps, seeds. */
  readonly run: string;
  /** What was measured. */
  readonly figure: string;
  /** Whether the claim shows: computed from the figures, not written down. */
  readonly seen: boolean;
}

/**
 * Tells what was measured, before any of it is asserted, so that a claim that fails is told too. `npm run spec:claims`
 * makes a table of it, docs/claims.md.
 */
export function tellClaim(claim: Claim): void {
  const file = process.env.COTANGENT_CLAIMS;
  if (file === undefined) return;
  const spec = relative(root, expect.getState().testPath ?? root).replaceAll("\\", "/");
  appendFileSync(file, `${JSON.stringify({ spec, ...claim })}\n`);
}

/** A share as a percentage with one digit after the point. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
