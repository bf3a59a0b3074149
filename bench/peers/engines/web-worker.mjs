// As much of the browser's Worker as an engine needs that starts one from a Blob and knows nothing of Node.
import { availableParallelism } from "node:os";
import { Worker as NodeWorker } from "node:worker_threads";

const prelude = `
  const { parentPort } = require("node:worker_threads");
  globalThis.self = globalThis;
  globalThis.postMessage = (message) => parentPort.postMessage(message);
  parentPort.on("message", (data) => self.onmessage({ data }));
`;

/** Makes Worker, and as many cores as there are, visible to what is imported next. */
export function installWebWorker() {
  const sources = new Map();
  const createObjectURL = URL.createObjectURL.bind(URL);
  URL.createObjectURL = (blob) => {
    const url = createObjectURL(blob);
    sources.set(url, blob.text());
    return url;
  };
  globalThis.Worker = class {
    constructor(url) {
      this.started = sources.get(String(url)).then((source) => {
        const worker = new NodeWorker(prelude + source, { eval: true });
        worker.on("message", (data) => this.onmessage({ data }));
        worker.on("error", (error) => this.onerror?.(error));
        this.postMessage = (message) => worker.postMessage(message);
        return worker;
      });
    }

    postMessage(message) {
      this.started.then((worker) => worker.postMessage(message));
    }
  };
  Object.defineProperty(globalThis, "navigator", { value: { hardwareConcurrency: availableParallelism() } });
}
