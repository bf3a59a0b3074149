import { SpecHost } from "../spec-host.js";

/** Where the specs of a bundle declare: each bundle has one of its own. */
export const host: SpecHost = new SpecHost();
