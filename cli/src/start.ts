import { isMainThread } from "node:worker_threads";
import { runDemonstration } from "./start/demonstration.js";
import { serveEvaluations } from "./start/evaluation-worker.js";

// The same file is the program and its worker: a bundle has no other to load.
await (isMainThread ? runDemonstration(new URL(import.meta.url)) : serveEvaluations());
