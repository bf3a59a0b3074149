/** A call that cannot be right whatever the files hold: an unknown option, a number out of range. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

/** Something on disk is not as it must be, or could not be written. */
export class FileError extends Error {
  override readonly name: string = "FileError";
}

/** Training went to infinity, or to no number at all. */
export class DivergedError extends Error {
  override readonly name: string = "DivergedError";

  constructor(what: string, value: number) {
    super(`train: ${what} is ${value} but must be finite; lower --learning-rate`);
  }
}

/** A signal asked to stop; the message says where the work so far is kept. */
export class Interrupted extends Error {
  override readonly name: string = "Interrupted";
  readonly signal: NodeJS.Signals;

  constructor(message: string, signal: NodeJS.Signals) {
    super(message);
    this.signal = signal;
  }
}

/** What the operating system says went wrong, in words. */
export function reasonOf(cause: unknown): string {
  const code = (cause as { readonly code?: unknown }).code;
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return "the disk is full";
    case "EACCES":
    case "EPERM":
      return "permission is denied";
    case "EROFS":
      return "the file system is read-only";
    case "ENOENT":
      return "it does not exist";
    case "ENOTDIR":
      return "a part of its path is not a folder";
    case "EISDIR":
      return "it is a folder";
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
