// Two kinds of tests: quick ones side by side, and those that fork whole process trees, one file at a time so that two cores suffice.
import { defineConfig } from "vitest/config";

const processes = [
  "test/cluster/**/*.test.ts",
  "test/faults/**/*.test.ts",
  "test/cli/**/*.test.ts",
  "test/soak/**/*.test.ts",
  "test/admin/browser/**/*.test.ts",
  "test/{package,docs,stranger}.test.ts",
];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    retry: 0,
    passWithNoTests: false,
    allowOnly: false,
    pool: "forks",
    setupFiles: ["test/fixed-seed.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: processes,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: "processes", include: processes, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
