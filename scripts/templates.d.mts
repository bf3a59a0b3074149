import type { Kind, Template } from "../cli/src/templates/texts.js";

export function readTemplates(): Readonly<Record<Kind, Template>>;
