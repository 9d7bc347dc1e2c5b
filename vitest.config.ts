import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Most of the time is spent waiting: for measurements, and for other programs.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 300_000,
    reporters: ["default", "./test/reporter.ts"],
  },
});
