import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  resolve: { conditions: ["cotangent-source"] },
  ssr: { resolve: { conditions: ["cotangent-source"] }, noExternal: [/^cotangent/] },
  test: {
    include: ["spec/**/*.spec.ts"],
    exclude: ["spec/browser/**"],
    globalSetup: ["scripts/webgpu-adapter.mjs"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
export default config;
