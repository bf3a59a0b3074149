// The licences of what is bundled into the command, which have to go where its code goes.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { foldersOf, lockedPackages } from "./shipped.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A package's licence and notice, as it ships them. */
function textsOf(folder) {
  const names = readdirSync(`${root}${folder}`).sort();
  const licences = names.filter((name) => /^(licen[cs]e|copying|unlicense)/i.test(name));
  if (licences.length === 0) throw new Error(`notices: ${folder} is bundled but has no licence file; it must have one`);
  const notices = names.filter((name) => /^notice/i.test(name));
  return [...licences, ...notices]
    .map((name) => readFileSync(`${root}${folder}/${name}`, "utf8").replaceAll("\r\n", "\n").trim())
    .join("\n\n");
}

/**
 * The file of notices: packages with the same text share it.
 *
 * @param {readonly string[]} inputs - the bundle's files
 */
export function renderNotices(inputs) {
  const packages = lockedPackages();
  const sharing = new Map();
  for (const folder of foldersOf(inputs)) {
    const { name, version, license } = packages.get(folder);
    const text = textsOf(folder);
    sharing.set(text, [...(sharing.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const rule = `\n\n${"-".repeat(80)}\n\n`;
  const sections = [...sharing].map(([text, names]) => `${names.join("\n")}\n\n${text}`);
  return `${["The command has code of these packages in it, under these licences.", ...sections].join(rule)}\n`;
}
