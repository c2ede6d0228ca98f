// Tests that fork whole process trees mostly wait, so three files at a time, with three such tests each, keep two cores busy; the soak, which fills them by itself, runs alone, last.
import { defineConfig } from "vitest/config";
import { MixedOrder } from "./test/mixed-order.ts";

const alone = ["test/soak/soak.test.ts"];
const processes = [
  "test/cluster/**/*.test.ts",
  "test/faults/**/*.test.ts",
  "test/cli/**/*.test.ts",
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
    maxWorkers: 3,
    sequence: { sequencer: MixedOrder },
    // Of the tests in a file that have all to themselves and mostly wait, which say so by `concurrent`.
    maxConcurrency: 3,
    globalSetup: ["test/fresh-build.ts"],
    setupFiles: ["test/fixed-seed.ts"],
    // The slow kind begins first, by its name: what is left at the end is short.
    projects: [
      { extends: true, test: { name: "processes", include: processes, exclude: alone } },
      {
        extends: true,
        // One process for many files: to load the sources anew for each took longer than most of these tests.
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [...processes, ...alone],
          isolate: false,
        },
      },
      { extends: true, test: { name: "alone", include: alone, fileParallelism: false } },
    ],
  },
});
