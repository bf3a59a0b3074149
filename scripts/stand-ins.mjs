// Lets modules take the place of others in a bundle: specs then run without their test runner, on a chosen backend.
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = `${root}cli/src/verify/stand-ins`;

/** What specs need wherever they run without the test runner. */
export const forRunner = {
  vitest: `${folder}/vitest.ts`,
  [`${root}src/testing/law.ts`]: `${folder}/law.ts`,
};

/** What they need besides to run on one backend, and to tell how near to its bound each check came. */
export const forBackend = {
  [`${root}spec/support/law.ts`]: `${folder}/spec-law.ts`,
  [`${root}src/backends/fastest-cpu.ts`]: `${folder}/fastest-cpu.ts`,
  [`${root}src/testing/within.ts`]: `${folder}/within.ts`,
};

/**
 * An esbuild plugin.
 *
 * @param {Record<string, string>} replacements - module (a bare name or an absolute path) → file
 */
export function standIns(replacements) {
  const files = new Set(Object.values(replacements));
  return {
    name: "stand-ins",
    setup(build) {
      // package.json says of everything that importing it does nothing; a spec declares its laws.
      build.onResolve({ filter: /\.spec\.ts$/ }, ({ path, resolveDir }) => ({
        path: resolve(resolveDir, path),
        sideEffects: true,
      }));
      build.onResolve({ filter: /^vitest$/ }, () => ({ path: replacements.vitest }));
      build.onResolve({ filter: /^\.{1,2}\// }, ({ path, importer }) => {
        if (files.has(importer)) return undefined; // what takes a module's place may ask for the module
        const wanted = resolve(dirname(importer), path).replace(/\.js$/, ".ts");
        return replacements[wanted] === undefined ? undefined : { path: replacements[wanted] };
      });
    },
  };
}
