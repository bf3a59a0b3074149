// WebGPU on Node, as a page sees it: to be imported before engines that know only the browser's.
import { create, globals } from "webgpu";

/** All is lost if it is collected. */
const gpu = create([]);

Object.assign(globalThis, globals);
Object.defineProperty(globalThis, "navigator", { value: { gpu, userAgent: "Node" }, configurable: true });
