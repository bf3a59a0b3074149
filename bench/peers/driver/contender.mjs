// An engine in a process of its own, which stays alive and answers one command at a time.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** What an engine did not do in the time it had. */
export class TooSlow extends Error {
  constructor() {
    super("gave no answer in time");
  }
}

export class Contender {
  #process;
  #waiting;
  #complaints = "";

  /**
   * @param {{ name: string, command: readonly string[], env?: Record<string, string>, note?: string, group: string }} entry
   */
  constructor({ name, command, env = {}, group }) {
    this.name = name;
    this.group = group;
    this.command = command;
    this.env = env;
    this.version = "";
  }

  /** Starts the process, unless it runs. Throws if the engine is not there. */
  async start(limit = 60_000) {
    if (this.#process !== undefined) return;
    const [file, ...args] = this.command;
    const child = spawn(file, args, { env: { ...process.env, ...this.env }, stdio: ["pipe", "pipe", "pipe"] });
    this.#process = child;
    this.#complaints = "";
    child.stderr.on("data", (text) => (this.#complaints = `${this.#complaints}${text}`.slice(-4000)));
    child.stdin.on("error", () => {}); // the end of the process is what is reported
    child.on("error", (error) => this.#ended(child, error));
    child.on("close", () => this.#ended(child, new Error(this.#lastComplaint())));
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("{")) this.#settle("resolve", JSON.parse(line));
    });
    const { ready } = await this.#answer(limit);
    this.version = ready;
  }

  /** The answer to a command; one that comes later than `limit` milliseconds ends the process. */
  async ask(command, limit) {
    await this.start();
    this.#process.stdin.write(`${JSON.stringify(command)}\n`);
    const { error, missing, ...answer } = await this.#answer(limit);
    if (error !== undefined || missing !== undefined) throw new Error(error ?? missing);
    return answer;
  }

  stop() {
    this.#process?.kill("SIGKILL");
    this.#process = undefined;
  }

  #answer(limit) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.stop();
        this.#settle("reject", new TooSlow());
      }, limit);
      this.#waiting = { resolve, reject, timer };
    });
  }

  #settle(how, value) {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    clearTimeout(waiting?.timer);
    waiting?.[how](value);
  }

  #ended(child, error) {
    if (this.#process !== child) return;
    this.#process = undefined;
    this.#settle("reject", error);
  }

  #lastComplaint() {
    const errors = Array.from(this.#complaints.matchAll(/^\w*(?:Error|Exception)(?: \[\w+\])?: (.*)$/gm));
    return errors.at(-1)?.[1] ?? "its process ended";
  }
}
