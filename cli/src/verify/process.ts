import { type ChildProcess, fork } from "node:child_process";
import type { BackendName } from "../backends.js";
import { FileError } from "../errors.js";
import type { Answer, LawRecord, Request } from "./record.js";

/** What is told while a process works. */
export interface Listener {
  started(subject: string, law: string): void;
  record(record: LawRecord): void;
  unproven(gaps: readonly string[]): void;
}

/** Seconds that a law may take for each 25 of its runs before it is given up. */
const PATIENCE = 300;

/** A process that verifies laws on one backend. What brings it down is the law's fault: another takes its place. */
export class VerifierProcess {
  readonly backend: BackendName;
  /** What it verifies on, once it is ready. */
  device = "";
  private readonly program: string;
  private child: ChildProcess | undefined;
  private complaint = "";

  constructor(program: string, backend: BackendName) {
    this.program = program;
    this.backend = backend;
  }

  /**
   * Starts it.
   *
   * @throws Error if it ends before it is ready, with what it said
   */
  async start(): Promise<void> {
    const child = fork(this.program, [this.backend], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.child = child;
    this.complaint = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.complaint = `${this.complaint}${text}`.slice(-4000);
    });
    await new Promise<void>((resolve, reject) => {
      child.once("message", (answer: Answer) => {
        if (answer.type === "ready") this.device = answer.device;
        resolve();
      });
      child.once("exit", () => {
        const reason = /^\w*Error: (.*)$/m.exec(this.complaint)?.[1] ?? this.complaint.trim();
        reject(new Error(reason === "" ? "its process ended before it was ready" : reason));
      });
    });
  }

  /**
   * Asks for a part of the work, to its end or to that of the process.
   *
   * @throws FileError if what is asked for cannot be used
   */
  async work(request: Request, unit: string, listener: Listener): Promise<void> {
    if (this.child === undefined) await this.start();
    const child = this.child!;
    const runs = request.type === "unit" ? (request.runs ?? 25) : 25;
    const patience = 1000 * PATIENCE * Math.max(1, runs / 25);
    let current: { readonly subject: string; readonly law: string; readonly since: number } | undefined;
    let timer: NodeJS.Timeout | undefined;
    let stuck = false;
    await new Promise<void>((resolve, reject) => {
      const lost = (outcome: "stuck" | "crashed", message: string) => {
        const { subject = unit, law = "starts", since = performance.now() } = current ?? {};
        const seconds = (performance.now() - since) / 1000;
        listener.record({
          ...{ module: unit, subject, law, backend: this.backend, outcome, runs: 0, seconds, failure: { message } },
        });
      };
      const onMessage = (answer: Answer) => {
        clearTimeout(timer);
        if (answer.type === "started") {
          current = { subject: answer.subject, law: answer.law, since: performance.now() };
          timer = setTimeout(() => {
            stuck = true;
            child.kill("SIGKILL");
          }, patience);
          listener.started(answer.subject, answer.law);
        } else if (answer.type === "record") {
          current = undefined;
          listener.record(answer.record);
        } else if (answer.type === "unproven") {
          listener.unproven(answer.gaps);
        } else if (answer.type !== "ready") {
          if (answer.type === "broken") lost("crashed", answer.message);
          if (answer.type === "refused") reject(new FileError(answer.message));
          child.off("message", onMessage).off("exit", onExit);
          resolve();
        }
      };
      const onExit = (code: number | null, signal: string | null) => {
        clearTimeout(timer);
        this.child = undefined;
        if (stuck) lost("stuck", `it took more than ${patience / 1000} s`);
        else if (signal !== "SIGTERM")
          lost("crashed", `the process ended with ${signal ?? `code ${code}`}; ${this.complaint.trim()}`);
        resolve();
      };
      child.on("message", onMessage).on("exit", onExit);
      child.send(request);
    });
  }

  /** Ends it, whatever it does. */
  stop(): void {
    this.child?.kill("SIGTERM");
  }
}
