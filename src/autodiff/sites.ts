import type { SiteRecorder } from "../backends/backend.js";

/** Where an operation was called. The stack is only put into words when it is asked for. */
export interface Site {
  readonly stack: Error;
  /** The operation whose gradient rule the call belongs to, and where that one was called. */
  readonly gradientOf: { readonly op: string; readonly site: Site } | undefined;
}

interface Frame {
  readonly name: string;
  readonly file: string;
  readonly position: string;
}

/** Frames that are looked at: the library's own, of which a gradient has most, and one of the user's. */
const frames = 64;
/** Functions to name where the user's code and the library are one file. */
const mostNamed = 7;

/** Keeps the stack of every call, by the error that the host would make of it. */
export function siteRecorder(): SiteRecorder {
  let gradientOf: Site["gradientOf"];
  return {
    record(): Site {
      const { stackTraceLimit } = Error;
      Error.stackTraceLimit = frames;
      const stack = new Error("site");
      Error.stackTraceLimit = stackTraceLimit;
      return { stack, gradientOf };
    },
    inGradientOf(op, site, rule) {
      const outer = gradientOf;
      gradientOf = { op, site: site as Site };
      try {
        return rule();
      } finally {
        gradientOf = outer;
      }
    },
  };
}

/** The function of the library that was called, and the user's line: `focalLoss, called at model.ts:12:8`. */
export function describeSite({ stack, gradientOf }: Site): string {
  const place = describeStack(framesOf(stack));
  if (gradientOf === undefined) return place;
  return `the gradient of ${gradientOf.op} (${describeSite(gradientOf.site)}), taken in ${place}`;
}

function describeStack(stack: readonly Frame[]): string {
  if (stack.length === 0) return "a place that this host does not tell";
  const own = folderOf(stack[0].file);
  const outside = stack.findIndex(({ file }) => !file.startsWith(own) && !file.startsWith("node:"));
  if (outside > 0) {
    const { file, position } = stack[outside];
    return `${stack[outside - 1].name}, called at ${file}:${position}`;
  }
  // Bundled together: the first two frames are the recorder's and the graph's, what follows led to the operation.
  const [first, ...callers] = stack.slice(2).filter(({ file }) => !file.startsWith("node:"));
  const names = [first, ...callers].slice(0, mostNamed).map(({ name }) => name);
  const { file, position } = callers[0] ?? first;
  return `${names.join(" in ")}, called at ${file}:${position}`;
}

/** What the library's files have in common: the sources' root, or the folder that they were bundled to. */
function folderOf(file: string): string {
  return file.replace(/(autodiff\/sites\.[jt]s|[^/\\]*)(\?.*)?$/, "");
}

/** `at name (file:line:column)` in V8, `name@file:line:column` elsewhere. */
const patterns = [/^\s*at (?:(?:async )?(.*?) \()?(?:async )?(.+?):(\d+:\d+)\)?$/, /^(.*?)@(.+?):(\d+:\d+)$/];

function framesOf({ stack = "" }: Error): Frame[] {
  return stack.split("\n").flatMap((line) => {
    const match = patterns.map((pattern) => pattern.exec(line)).find((found) => found !== null);
    if (match === undefined || match === null) return [];
    const [, name = "", file, position] = match;
    return [{ name: name.replace(/^(?:new |Module\.|Object\.)/, "") || "a function without a name", file, position }];
  });
}
