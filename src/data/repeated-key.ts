/** A key that an object in this valid JSON text has twice, which `JSON.parse` lets pass; `undefined` if there is none. */
export function repeatedKey(json: string): string | undefined {
  const objects: Set<string>[] = [];
  for (let at = 0; at < json.length; at += 1) {
    const mark = json[at];
    if (mark === "{") objects.push(new Set());
    else if (mark === "}") objects.pop();
    else if (mark === '"') {
      const start = at;
      for (at += 1; json[at] !== '"'; at += 1) if (json[at] === "\\") at += 1;
      if (!colonFollows(json, at + 1)) continue;
      const key = JSON.parse(json.slice(start, at + 1)) as string;
      const keys = objects[objects.length - 1]!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

// In valid JSON a string is a key just where a colon follows.
function colonFollows(json: string, from: number): boolean {
  let at = from;
  while (/\s/.test(json[at] ?? "")) at += 1;
  return json[at] === ":";
}
