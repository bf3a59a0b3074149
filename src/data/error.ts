/** A file, or bytes, that are not what their format says; the message names the file and the place. */
export class DataError extends Error {
  override readonly name: string = "DataError";
}

/** At most 40 characters of what came, in quotes and all of them visible, so that a message stays one line. */
export function quote(text: string): string {
  const quoted = JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
  // JSON lets pass what a terminal may obey (C1 controls), or show as a line end or not at all.
  return quoted.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (mark) => {
    const code = mark.codePointAt(0)!;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** A value of JSON as messages show it: String() would call an object's own toString, and overflow on deep arrays. */
export function quoteIfText(value: unknown): string {
  return typeof value === "string" ? quote(value) : "no text";
}
