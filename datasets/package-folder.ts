import { createRequire } from "node:module";
import { dirname } from "node:path";

/**
 * The folder of an installed package of data.
 *
 * @param from - absolute path or URL of a file, or of a folder with its trailing slash, to look the package up from
 * @throws Error if it is not installed
 */
export function packageFolder(caller: string, name: string, from: string | URL): string {
  try {
    return dirname(createRequire(from).resolve(`${name}/package.json`));
  } catch (cause) {
    throw new Error(`${caller}: ${name} is not installed; run npm install`, { cause });
  }
}
