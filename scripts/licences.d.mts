/** A package of the lock file, by its folder. */
export interface LicenceRow {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Bundled into the command, installed with it, or neither. */
  readonly use: "bundled" | "installed" | "development";
}

/** SPDX licences that are allowed everywhere. */
export const permissive: readonly string[];

/** Packages under other licences, and why they may be used; none of them may ship. */
export const exceptions: readonly { readonly name: RegExp; readonly license: string; readonly why: string }[];

/** Every package of the lock file, given the folders of those that are in the command. */
export function listLicences(bundledFolders: readonly string[]): readonly LicenceRow[];

/** The text of docs/licences.md. */
export function renderLicences(rows: readonly LicenceRow[]): string;
