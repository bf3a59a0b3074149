import { join } from "node:path";
import { type Browser, chromium } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium } from "../../../scripts/chromium.mjs";
import { printedIn } from "../support/chromium-page.js";
import { entryPoints } from "../support/entry-points.js";
import { expectTrained, type Outcome, program } from "../support/program.js";

const executablePath = findChromium();
const isRequired = (process.env.COTANGENT_REQUIRE ?? "").split(",").includes("webgpu");

/** The library in pages that know nothing but addresses; `expected` is what the program printed in Node. */
export function describeInChromium(folder: () => string, expected: () => Outcome): void {
  /** Names of entry points, with their addresses in the installed package as seen from a page. */
  const addresses = () =>
    entryPoints(join(folder(), "node_modules", "cotangent"))
      .filter(({ types }) => types !== undefined)
      .map(({ name, path }) => [name.replace(".", "cotangent"), `./node_modules/cotangent/${path}`] as const);

  describe.skipIf(executablePath === undefined && !isRequired)("in Chromium, without a bundler", () => {
    let browser: Browser;
    beforeAll(async () => {
      if (executablePath === undefined) throw new Error("COTANGENT_REQUIRE names webgpu, but no Chromium was found");
      browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    });
    afterAll(() => browser?.close());

    it("trains in a module script by relative addresses, on one thread where memory may not be shared", async () => {
      const paths = new Map(addresses());
      const html = `<!doctype html><script type="module">${program((name) => paths.get(name)!)}</script>`;
      const shown = await printedIn(browser, folder(), html, { isIsolated: false, workers: 0 });
      expect(expectTrained(shown.printed, [1, 1])).toEqual({ ...expected(), threads: [1, 1] });
      expect(shown.workers).toBe(0);
      const foreign = shown.requests.filter((url) => !/^\/(node_modules\/cotangent\/dist\/[\w/-]+\.js)?$/.test(url));
      expect(foreign).toEqual([]);
    });

    it("trains in a module script by an import map, on two threads where the page is isolated", async () => {
      const map = JSON.stringify({ imports: Object.fromEntries(addresses()) });
      const html = `<!doctype html><script type="importmap">${map}</script><script type="module">${program()}</script>`;
      const { printed, workers } = await printedIn(browser, folder(), html, { isIsolated: true, workers: 1 });
      expect(expectTrained(printed, [1, 2])).toEqual(expected());
      expect(workers).toBe(1);
    });

    it("gives every entry point but cotangent/testing, which asks for fast-check", async () => {
      const names = addresses().filter(([name]) => name !== "cotangent/testing");
      const asking = names.map(([, path]) => `import("${path}").then((module) => Object.keys(module).length)`);
      const html = `<!doctype html><script type="module">console.log(JSON.stringify(await Promise.all([${asking}])))</script>`;
      const { printed } = await printedIn(browser, folder(), html, { isIsolated: false, workers: 0 });
      expect((JSON.parse(printed) as number[]).filter((exported) => exported > 0)).toHaveLength(names.length);
    });
  });
}
