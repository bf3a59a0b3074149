/** What the command ends with: 0 done, 1 failed, 2 called wrongly, 128 + n stopped by signal n. */
export type ExitCode = number;

/** A call that cannot be right whatever the files hold: an unknown option, a number out of range. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

/** Something on disk is not as it must be, or could not be written. */
export class FileError extends Error {
  override readonly name: string = "FileError";
}

/** The user asked to stop; the work so far is kept where `message` says. */
export class Interrupted extends Error {
  override readonly name: string = "Interrupted";
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode) {
    super(message);
    this.exitCode = exitCode;
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
