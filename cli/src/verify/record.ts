import type { BackendName } from "../backends.js";

/** What became of a law on a backend. */
export interface LawRecord {
  /** The part of the library, such as `methods/sampling/sampled-softmax`. */
  readonly module: string;
  /** What the law is about: the titles of its suites. */
  readonly subject: string;
  readonly law: string;
  readonly backend: BackendName;
  /** `stuck` laws took too long, `crashed` ones took their process with them. */
  readonly outcome: "holds" | "fails" | "skipped" | "stuck" | "crashed";
  /** Inputs that were tried. */
  readonly runs: number;
  readonly seed?: number;
  readonly seconds: number;
  /** The check that came nearest to its bound; absent where every comparison is exact. */
  readonly nearest?: { readonly error: number; readonly bound: number };
  readonly failure?: {
    readonly message: string;
    /** The smallest input found that breaks the law. */
    readonly counterexample?: string;
    /** Leads the same seed to that input at once. */
    readonly path?: string;
  };
}

/** Everything that a call of `verify` found. */
export interface Verification {
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  readonly backends: readonly BackendReport[];
  readonly records: readonly LawRecord[];
  readonly seconds: number;
  /** What no law covers of the subjects of one's own. */
  readonly unproven: readonly string[];
  /** Whether it was stopped before everything had run. */
  readonly stopped: boolean;
}

/** A backend that was verified, and on what. */
export interface BackendReport {
  readonly name: BackendName;
  /** The device or processor. */
  readonly device: string;
}

/** A part of the library whose laws are verified together. */
export interface Unit {
  readonly module: string;
  /** The bundle that declares them: a URL, or the path of a subject's. */
  readonly file: string;
  readonly kind: "spec" | "subject";
}

export interface LawChoice {
  readonly runs?: number | undefined;
  readonly seed?: number | undefined;
  readonly path?: string | undefined;
  /** Only laws whose name contains this. */
  readonly law?: string | undefined;
}

/** What the process that verifies is asked. */
export type Request =
  | ({ readonly type: "unit"; readonly unit: Unit } & LawChoice)
  | { readonly type: "fuzz"; readonly seconds: number; readonly seed: number; readonly path?: string | undefined };

/** What it answers. */
export type Answer =
  | { readonly type: "ready"; readonly device: string }
  | { readonly type: "started"; readonly subject: string; readonly law: string }
  | { readonly type: "record"; readonly record: LawRecord }
  | { readonly type: "unproven"; readonly gaps: readonly string[] }
  | { readonly type: "done" }
  /** What was asked for cannot be used, as its author must be told. */
  | { readonly type: "refused"; readonly message: string }
  | { readonly type: "broken"; readonly message: string };
