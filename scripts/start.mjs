// `npm start`: bundles the demonstration, which takes well under a second, and runs it.
import { bundleCli } from "./bundle-cli.mjs";

await bundleCli({ entries: ["start"] });
await import("../cli/dist/start.js");
