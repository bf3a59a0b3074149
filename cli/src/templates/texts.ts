/** The kinds of methods that there is a template of. */
export const KINDS = ["loss", "sampler", "estimator"] as const;
export type Kind = (typeof KINDS)[number];

/** A method that works, and its spec, to be given another name. */
export interface Template {
  /** `soft-margin`: the name to replace, in kebab-case. */
  readonly name: string;
  readonly source: string;
  readonly spec: string;
}

// The bundler puts in the files of this folder.
declare const COTANGENT_TEMPLATES: Readonly<Record<Kind, Template>>;

/** The template of each kind. */
export function templates(): Readonly<Record<Kind, Template>> {
  return COTANGENT_TEMPLATES;
}
