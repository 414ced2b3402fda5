import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/longest_first.ts";

const BUILT_WORKER = join(import.meta.dirname, "test/start_built_worker.ts");

const plugins = [
  {
    name: "built workers",
    enforce: "pre" as const,
    resolveId: (id: string, importer: string | undefined) =>
      id.endsWith("/start_worker.ts") && importer !== BUILT_WORKER ? BUILT_WORKER : undefined,
  },
];

const common = {
  pool: "forks" as const,
  // Two test files at once keep two processors busy; more threads than that only wait for each other.
  env: { OMP_NUM_THREADS: "1" },
  setupFiles: ["test/equal_bytes.ts"],
  // Tests wait for events (see test/until.ts); these only end one that hangs.
  testTimeout: 600_000,
  hookTimeout: 600_000,
};

// Examples import "handrail", as users do.
const resolve = { tsconfigPaths: true };

export default defineConfig({
  test: {
    globalSetup: ["test/isolation.ts", "test/build.ts"],
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve,
        plugins,
        // A process per file: native runtimes and MuJoCo hold real memory and threads, and plug-ins stay registered.
        test: { ...common, name: "behaviour", include: ["test/**/*.test.ts"], sequence: { groupOrder: 0 } },
      },
      {
        resolve,
        plugins,
        // Units share a process: for most of them, starting one takes longer than they do.
        test: { ...common, name: "units", include: ["src/**/*.test.ts"], isolate: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
