import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const root = new URL("../../", import.meta.url).pathname;
const manifest = JSON.parse(readFileSync(`${root}package.json`, "utf8"));

describe("the package", () => {
  it("has no runtime dependency, and only optional peers", () => {
    expect(manifest.dependencies).toBeUndefined();
    expect(Object.keys(manifest.peerDependencies)).toEqual(Object.keys(manifest.peerDependenciesMeta));
    expect(manifest.sideEffects).toBe(false);
    expect(manifest.files).toEqual(["dist"]);
  });

  it("imports nothing from outside in src/, but fast-check where it proves", () => {
    const files = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" }).filter((path) =>
      path.endsWith(".ts"),
    );
    const foreign = files.flatMap((path) =>
      [...readFileSync(`${root}src/${path}`, "utf8").matchAll(/^(?:import|export) [^;]*? from "([^.][^"]*)";$/gm)].map(
        ([, name]) => `${path}: ${name}`,
      ),
    );
    expect(
      foreign
        .filter((line) => !/^testing\/(subjects\/)?[\w-]+\.ts: fast-check$/.test(line))
        .filter((line) => !line.includes("cotangent")),
    ).toEqual([]);
  });

  it("lets dependencies point one way", () => {
    const files = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" }).filter((path) =>
      path.endsWith(".ts"),
    );
    const allowed: Readonly<Record<string, RegExp>> = {
      autodiff: /^(autodiff\/|backends\/(backend\.js|threefry\.js|reference\/))/,
      backends: /^backends\//,
      methods: /^(methods|autodiff)\//,
      data: /^(data\/|autodiff\/check\.js)/,
    };
    const wrong: string[] = [];
    for (const path of files) {
      const [layer] = path.split("/");
      if (!(layer in allowed)) continue;
      const source = readFileSync(`${root}src/${path}`, "utf8").replaceAll(/\/\*\*[\s\S]*?\*\//g, "");
      for (const [, target] of source.matchAll(/from "(\.[^"]*)"/g)) {
        const resolved = new URL(target, `file:///${path}`).pathname.slice(1);
        if (!allowed[layer].test(resolved)) wrong.push(`${path} imports ${resolved}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("names a backend only in its index", () => {
    const files = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" }).filter((path) =>
      path.endsWith(".ts"),
    );
    const naming = files.filter(
      (path) => !path.startsWith("backends/") && readFileSync(`${root}src/${path}`, "utf8").includes("backends/cpu/"),
    );
    expect(naming).toEqual(["index.ts"]);
  });
});
