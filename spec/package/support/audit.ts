/** The part of `npm audit --json` that is read here; without `vulnerabilities` where the registry did not answer. */
export interface AuditReport {
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly name: string; readonly severity: string; readonly nodes: readonly string[] }>
  >;
  readonly statusCode?: number;
  readonly message?: string;
  readonly error?: { readonly code?: string };
}

/** The vulnerabilities that lie in packages of this list, by their folders. */
export function vulnerableAmong(
  { vulnerabilities = {} }: AuditReport,
  packages: readonly { readonly folder: string }[],
): readonly string[] {
  const folders = new Set(packages.map(({ folder }) => folder));
  return Object.values(vulnerabilities)
    .flatMap(({ name, severity, nodes }) =>
      nodes.filter((node) => folders.has(node)).map((node) => `${name} in ${node}: ${severity}`),
    )
    .sort();
}
