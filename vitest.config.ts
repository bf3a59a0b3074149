import { defineConfig, type ViteUserConfig } from "vitest/config";

/** Specs that change nothing but what they make: a worker keeps its modules, and its GPU, from one file to the next. */
const pure = ["spec/autodiff/**/*.spec.ts", "spec/methods/**/*.spec.ts"];

const config: ViteUserConfig = defineConfig({
  resolve: { conditions: ["cotangent-source"] },
  ssr: { resolve: { conditions: ["cotangent-source"] }, noExternal: [/^cotangent/] },
  test: {
    globalSetup: ["scripts/webgpu-adapter.mjs"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: "methods", include: pure, isolate: false } },
      {
        extends: true,
        test: { name: "rest", include: ["spec/**/*.spec.ts"], exclude: [...pure, "spec/browser/**"] },
      },
    ],
  },
});
export default config;
