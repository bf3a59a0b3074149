/** A file, or bytes, that are not what their format says; the message names the file and the place. */
export class DataError extends Error {
  override readonly name: string = "DataError";
}

/** At most 40 characters of what came, in quotes, so that a message stays one line. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
