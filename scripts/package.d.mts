/** What npm says of a tarball, and where it is. */
export interface Packed {
  readonly name: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number; readonly mode: number }[];
  readonly tarball: string;
}

export interface Packages {
  readonly library: Packed;
  readonly command: Packed;
  /** Folders of the packages whose code is in the command. */
  readonly bundled: readonly string[];
}

/** Builds and packs both packages in a folder, which is emptied first; each lies unpacked beside its tarball. */
export function packPackages(folder: string): Promise<Packages>;
