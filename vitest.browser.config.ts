import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import type { BrowserCommand } from "vitest/node";
import { findChromium } from "./scripts/chromium.mjs";

/** The part of the engine's specs that runs in a browser too: without what needs Node or takes long. */
const engine = [
  "spec/autodiff/ops/*.spec.ts",
  "spec/backends/**/*.spec.ts",
  "!spec/autodiff/ops/fourier.spec.ts", // plain JavaScript on every backend
  "!spec/backends/dropped.spec.ts", // asks Node's garbage collector
  "!spec/backends/random-programs.spec.ts", // takes long
  "!spec/backends/wasm/kernels/**", // Node's Buffer
  "!spec/backends/wasm/assembler/instructions.spec.ts", // Node's files
  "!spec/backends/wasm/threads.spec.ts", // spec/browser has a shorter one
];

/** Central differences take many runs: Node has compared the same derivatives by then. */
const tests = /^(?!.*central differences)/;

const flags = [
  "--enable-unsafe-webgpu",
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const executablePath = findChromium();

/** Workers that the page has now, as the browser counts them. */
const countWorkers: BrowserCommand<[]> = ({ page }) => page.workers().length;

const variables = Object.entries(process.env).filter(([name]) => name.startsWith("COTANGENT_"));

/** Only a page with these headers may share memory between threads. */
const isolation = {
  headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
};

const config: ViteUserConfig = defineConfig({
  resolve: { conditions: ["cotangent-source"] },
  optimizeDeps: { include: ["fast-check"], exclude: ["cotangent", "webgpu"] },
  define: { "process.env": JSON.stringify(Object.fromEntries(variables)) },
  test: {
    testNamePattern: tests,
    testTimeout: 60_000,
    maxWorkers: 2,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { args: flags, ...(executablePath && { executablePath }) } }),
      instances: [{ browser: "chromium" }],
      commands: { countWorkers },
    },
    projects: [
      // One page for all of the engine's specs: to load the library anew for each of them takes longer than they do.
      { extends: true, server: isolation, test: { name: "engine", include: engine, isolate: false } },
      { extends: true, server: isolation, test: { name: "isolated", include: ["spec/browser/isolated/*.spec.ts"] } },
      { extends: true, test: { name: "plain", include: ["spec/browser/plain/*.spec.ts"] } },
    ],
  },
});
export default config;
