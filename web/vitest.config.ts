import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Files that need a document ask for one themselves: `// @vitest-environment happy-dom`.
    environment: "node",
    include: ["tests/**/*.test.ts"],
    testTimeout: 5_000,
    unstubGlobals: true,
    restoreMocks: true,
  },
});
