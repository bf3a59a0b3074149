import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkWritable, writeAtomically } from "../../cli/src/atomic-file.js";
import { FileError } from "../../cli/src/errors.js";

let folder = "";
const at = (name: string) => join(folder, name);
const write = (text: string) => writeAtomically("spec", at("file"), new TextEncoder().encode(text));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cotangent-atomic-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("writeAtomically", () => {
  it("keeps the version before, and nothing else", async () => {
    for (const text of ["one", "two", "three"]) await write(text);
    expect(readFileSync(at("file"), "utf8")).toBe("three");
    expect(readFileSync(at("file.previous"), "utf8")).toBe("two");
    expect(readdirSync(folder).sort()).toEqual(["file", "file.previous"]);
  });

  it("leaves all as it was if it cannot write", async () => {
    mkdirSync(at("file.partial"));
    await expect(write("four")).rejects.toThrow(
      new FileError(`spec: ${at("file")} cannot be written, as it is a folder; what it held before is intact`),
    );
    expect(readFileSync(at("file"), "utf8")).toBe("three");
    expect(readFileSync(at("file.previous"), "utf8")).toBe("two");
    rmSync(at("file.partial"), { recursive: true });
  });
});

describe("checkWritable", () => {
  it("leaves nothing behind where it can be, and touches nothing that is there", async () => {
    await checkWritable("spec", at("fresh"));
    await checkWritable("spec", at("file"));
    expect(readdirSync(folder).sort()).toEqual(["file", "file.previous"]);
    expect(readFileSync(at("file"), "utf8")).toBe("three");
  });
});
