import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { type Packages, packPackages } from "../../scripts/package.mjs";
import { describeCommand } from "./published/command.js";
import { describeContents } from "./published/contents.js";
import { describeDeclarations } from "./published/declarations.js";
import { describeDependencies } from "./published/dependencies.js";
import { describeLibrary } from "./published/library.js";

// One file for all that is said of the tarballs, whatever is in dist/: they are built from these sources, once.
let folder = "";
let packages: Packages;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "cotangent-packages-"));
  packages = await packPackages(folder);
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeContents(() => packages);
describeDependencies(() => packages.bundled);
describeDeclarations(() => packages.library);
describeLibrary(() => packages.library);
describeCommand(() => packages.command);
