import { type ByteSource, DataError } from "cotangent/data";
import { FileError } from "../../../cli/src/errors.js";
import { cutBytes } from "../../data/support/streams.js";
import type { ReaderFormat } from "./reader-format.js";
import { MEMORY_FLOOR, type MemoryCount } from "./reader-memory.js";
import type { Watch } from "./reader-watch.js";

/** Milliseconds that a small input may take. */
const MOST_TIME = 100;
const MOST_MESSAGE = 600;

/** What only the language says, and never to a user. */
const INTERNALS =
  /is not a function|not iterable|not valid JSON|JSON at position|Cannot |Unexpected |Expected |Maximum call stack|Invalid (array|typed|string|count|code|data)|Array buffer|Bad (control|escaped)|object Object|out of range|was asked for/;

/** How a reader took an input. */
export interface Verdict {
  /** The outcome without its numbers and names: a new one makes the input a seed of others. */
  readonly outcome: string;
  readonly isRefused: boolean;
  /** What must not be; undefined if all is well. */
  readonly problem?: string | undefined;
  readonly milliseconds: number;
  /** Bytes of memory asked for in all. */
  readonly asked: number;
}

export interface Instruments {
  readonly memory: MemoryCount;
  readonly watch: Watch;
}

interface Outcome {
  /** The value, or the message of the error, in full. */
  readonly text: () => string;
  readonly kind: string;
  readonly isRefused: boolean;
  readonly problem?: string | undefined;
}

/** Reads an input once, and again where it took long: a busy machine is no fault of the reader. */
export async function judge(format: ReaderFormat, bytes: Uint8Array, instruments: Instruments): Promise<Verdict> {
  let { milliseconds, asked, ...outcome } = await timed(format, bytes, bytes, instruments);
  for (let again = 0; again < 2 && milliseconds > MOST_TIME / 4; again += 1) {
    // The clock also counts what other processes take, and the processor what the engine's own threads take.
    const before = process.cpuUsage();
    const clock = (await timed(format, bytes, bytes, instruments)).milliseconds;
    const { user, system } = process.cpuUsage(before);
    milliseconds = Math.min(milliseconds, clock, (user + system) / 1000);
  }
  const allowed = MEMORY_FLOOR + format.memory * bytes.length;
  const problem =
    outcome.problem ??
    (milliseconds > MOST_TIME ? `takes ${milliseconds.toFixed(0)} ms` : undefined) ??
    (asked > allowed ? `asks for ${asked} bytes of memory for a file of ${bytes.length}` : undefined);
  return { outcome: outcome.kind, isRefused: outcome.isRefused, problem, milliseconds, asked };
}

/** The problem, if the same bytes in chunks give another outcome than whole. */
export async function judgeCuts(
  format: ReaderFormat,
  bytes: Uint8Array,
  places: readonly number[],
  instruments: Instruments,
): Promise<string | undefined> {
  const whole = await timed(format, bytes, bytes, instruments);
  const cut = await timed(format, bytes, cutBytes(bytes, places), instruments);
  const [one, other] = [whole.text(), cut.text()];
  return one === other ? undefined : `gives another outcome in chunks: ${one.slice(0, 200)} ≠ ${other.slice(0, 200)}`;
}

async function timed(
  format: ReaderFormat,
  bytes: Uint8Array,
  source: ByteSource,
  { memory, watch }: Instruments,
): Promise<Outcome & { milliseconds: number; asked: number }> {
  watch.begin(format.name, bytes);
  memory.begin();
  const start = performance.now();
  const outcome = await outcomeOf(format, source);
  const milliseconds = performance.now() - start;
  const asked = memory.end();
  watch.end();
  return { ...outcome, milliseconds, asked };
}

async function outcomeOf(format: ReaderFormat, source: ByteSource): Promise<Outcome> {
  try {
    const { kind, text = () => "", wrong } = await format.read(source);
    return { kind, text, isRefused: false, problem: wrong && `gives a value that lacks ${wrong}` };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { kind: templateOf(text), text: () => text, isRefused: true, problem: problemWith(error, format) };
  }
}

/** Why this is not how a file is refused. */
function problemWith(error: unknown, { opening }: ReaderFormat): string | undefined {
  if (!(error instanceof DataError || error instanceof FileError)) {
    return `throws ${error instanceof Error ? (error.stack ?? error.message).slice(0, 400) : String(error)}`;
  }
  const { message } = error;
  const own = message.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  const is = (fault: string) => `says, ${fault}: ${message.slice(0, 300)}`;
  if (!opening.test(message)) return is("without naming the place");
  if (message.length > MOST_MESSAGE) return is(`in ${message.length} characters`);
  if (/\p{Cc}|\p{Zl}/u.test(message)) return is("on several lines or with control characters");
  if (/\b(undefined|NaN)\b/.test(own)) return is("with a value that is none");
  if (INTERNALS.test(own)) return is("in the language's own words");
  return undefined;
}

/** A message without what differs from input to input. */
export function templateOf(message: string): string {
  return message
    .replace(/"(?:[^"\\]|\\.)*"/g, '"…"')
    .replace(/\[[^\]]*\]/g, "[…]")
    .replace(/[-+]?\d+(\.\d+)?(e[-+]?\d+)?/g, "N");
}
