// Which specs are asked about a file: its own first, then those of what uses it.
import { readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { filesUnder, isIndex, root } from "./files.mjs";

/** Specs that can run without the test runner, and say something about the library itself. */
const folders = ["spec/autodiff", "spec/testing", "spec/reliability", "spec/methods", "spec/backends"];

/** Specs asked at most: where there are own ones besides them, and where there are none, in the first round. */
const [besidesOwn, withoutOwn] = [3, 4];

const isClaim = (spec) => /\.claim\.spec\.ts$/.test(spec);
const stemOf = (file) => file.replace(/\.ts$/, "");
const textOf = (file) => readFileSync(join(root, file), "utf8");

/** Reads the tree once. */
export function readSpecs() {
  const graph = importGraph();
  const all = folders.flatMap(filesUnder).filter((file) => file.endsWith(".spec.ts"));
  const texts = new Map(all.map((file) => [file, textOf(file)]));
  const imports = new Map(all.map((file) => [file, importsOf(texts.get(file))]));
  const owners = new Map(all.map((spec) => [spec, ownerOf(spec, graph.stems)]));

  const mentions = (file) => {
    const names = new Set(exportedNames(textOf(file)));
    const isFrom = (from) => from === entryOf(file) || from.endsWith(`/${basename(file, ".ts")}.js`);
    return all.filter((spec) =>
      imports.get(spec).some((one) => isFrom(one.from) && one.names.some((n) => names.has(n))),
    );
  };

  return {
    textOf: (spec) => texts.get(spec),

    /** Rounds of specs, each asked about what those before did not notice; last those that prove a source's claim. */
    tiersOf(file) {
      const sorted = (specs) =>
        specs
          .filter((spec) => isFor(file, spec))
          .sort((a, b) => distance(file, a) - distance(file, b) || texts.get(a).length - texts.get(b).length);
      const levels = nearest(file, graph.importers, owners).map(sorted);
      const family = sorted(all.filter((spec) => stemOf(file).startsWith(`${owners.get(spec)}-`)));
      const mentioning = [[file], graph.importers.get(file) ?? []].map((of) => sorted(of.flatMap(mentions)));
      const own = levels[0].filter((spec) => !isClaim(spec));
      const near = [...family, ...levels.slice(1).flat(), ...mentioning.flat()].filter(
        (spec) => !isClaim(spec) && !own.includes(spec),
      );
      const others = [...new Set(near.length + own.length > 0 ? near : sorted(all))];
      const first = own.length > 0 ? own : others.splice(0, withoutOwn);
      const claims = file.startsWith("src/methods") ? levels.slice(0, 2).flat().filter(isClaim).slice(0, 2) : [];
      return [first, others.slice(0, own.length > 0 ? besidesOwn : withoutOwn), claims].filter(
        (tier) => tier.length > 0,
      );
    },

    /** The file and what it needs, nearest first. */
    neededBy(file) {
      const found = new Set([file]);
      for (const one of found) for (const other of graph.needs.get(one) ?? []) found.add(other); // a Set goes on growing
      return [...found].filter((one) => !isIndex(one));
    },

    /** Whether a spec stands at the file's mirrored path. */
    isOwn: (spec, file) => owners.get(spec) === stemOf(file),
  };
}

/** Which file imports which, indexes left out: everything would be near to everything. */
function importGraph() {
  const sources = filesUnder("src");
  const [importers, needs] = [new Map(), new Map()];
  const add = (to, key, value) => to.set(key, [...(to.get(key) ?? []), value]);
  for (const file of sources.filter((file) => !isIndex(file))) {
    for (const [, wanted] of textOf(file).matchAll(/^(?:import|export) (?!type )[^;]*?from "(\.[^"]+)\.js";/gm)) {
      const path = relative(root, join(root, dirname(file), `${wanted}.ts`)).replaceAll("\\", "/");
      add(importers, path, file);
      add(needs, file, path);
    }
  }
  return { importers, needs, stems: new Set(sources.map(stemOf)) };
}

/** There is no GPU here, and a method need not be shown to survive a power failure. */
const isFor = (file, spec) =>
  (file.startsWith("src/backends/webgpu") || !spec.startsWith("spec/backends/webgpu")) &&
  (file.startsWith("src/testing") || !spec.startsWith("spec/reliability"));

/** The source that a spec mirrors: `x-more.spec.ts` is about `x` unless there is a source `x-more`. */
function ownerOf(spec, stems) {
  const path = spec.replace(/^spec/, "src").replace(/(\.claim)?\.spec\.ts$/, "");
  for (let stem = path; ; stem = stem.slice(0, stem.lastIndexOf("-"))) {
    if (stems.has(stem)) return stem;
    if (!basename(stem).includes("-")) return path;
  }
}

/** Specs of the file, of what imports it, of what imports that, … */
function nearest(file, importers, owners) {
  const levels = [];
  const seen = new Set([file]);
  for (let level = [file]; level.length > 0 && (levels.length < 4 || levels.flat().length === 0); ) {
    const stems = new Set(level.map(stemOf));
    levels.push([...owners].filter(([, owner]) => stems.has(owner)).map(([spec]) => spec));
    level = [...new Set(level.flatMap((one) => importers.get(one) ?? []))].filter((one) => !seen.has(one));
    for (const one of level) seen.add(one);
  }
  return levels;
}

const exportedNames = (text) =>
  Array.from(text.matchAll(/^export (?:async )?(?:abstract )?(?:function\*?|class|const) (\w+)/gm), ([, name]) => name);

/** What a spec imports, and from where. */
const importsOf = (text) =>
  Array.from(text.matchAll(/^import ([^;]*?) from "([^"]+)";/gm), ([, names, from]) => ({
    from,
    names: names.match(/\w+/g) ?? [],
  }));

/** By what name users import what is in a file. */
function entryOf(file) {
  const [, area, family] = file.split("/");
  if (area === "methods" || area === "backends") return `cotangent/${area}/${family}`;
  return area.startsWith("testing") ? "cotangent/testing" : "cotangent";
}

/** Folders between a file and the place that a spec mirrors. */
function distance(file, spec) {
  const [a, b] = [dirname(file).split("/").slice(1), dirname(spec).split("/").slice(1)];
  let common = 0;
  while (common < a.length && a[common] === b[common]) common++;
  return a.length + b.length - 2 * common;
}
