import { SingleBar } from "cli-progress";

/** What is shown while something runs. */
export interface Progress {
  /** `done` of the total; the texts are shown beside it. */
  update(done: number, details: readonly string[]): void;
  /** A line above the bar. */
  say(line: string): void;
  stop(): void;
}

/** Seconds between two lines where there is no terminal. */
const LINE_INTERVAL = 5;

/**
 * A bar with the time left on a terminal, now and then a line elsewhere: on the error stream, so that results can be
 * piped.
 */
export function showProgress(title: string, total: number, stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? bar(title, total, stream) : plainLines(title, total, stream);
}

/** Shows nothing. */
export const silent: Progress = { update: () => {}, say: () => {}, stop: () => {} };

function bar(title: string, total: number, stream: NodeJS.WriteStream): Progress {
  const clock = stopwatch(total);
  const single = new SingleBar({
    format: "{title} {bar} {percentage}%  {details}",
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    stream,
    fps: 8,
    gracefulExit: false,
  });
  const show = (done: number, details: readonly string[]) =>
    single.update(done, { title, details: [...details, clock(done)].join("  ") });
  single.start(total, 0, { title, details: "" });
  return {
    update: show,
    say(line) {
      stream.write(`\r\u001b[2K${line}\n`);
    },
    stop: () => single.stop(),
  };
}

function plainLines(title: string, total: number, stream: NodeJS.WriteStream): Progress {
  const clock = stopwatch(total);
  let last = performance.now();
  return {
    update(done, details) {
      const left = clock(done);
      const now = performance.now();
      if (now - last < 1000 * LINE_INTERVAL) return;
      last = now;
      stream.write(`${[`${title} ${Math.floor((100 * done) / total)}%`, ...details, left].join("  ")}\n`);
    },
    say: (line) => stream.write(`${line}\n`),
    stop: () => {},
  };
}

/** The time left at the rate so far. */
function stopwatch(total: number): (done: number) => string {
  let start: { readonly done: number; readonly time: number } | undefined;
  return (done) => {
    start ??= { done, time: performance.now() };
    if (done <= start.done) return "";
    const left = ((performance.now() - start.time) / (done - start.done)) * (total - done);
    return `${showDuration(left / 1000)} left`;
  };
}

/** `1 h 02 min`, `3 min 20 s`, `12 s`. */
export function showDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}
