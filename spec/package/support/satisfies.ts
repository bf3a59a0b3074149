import { createRequire } from "node:module";

/** Whether an SPDX expression can be met with licences of a list; the package that knows has no types. */
export const satisfies: (expression: string, allowed: readonly string[]) => boolean = createRequire(import.meta.url)(
  "spdx-satisfies",
);
