import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that start processes, browsers and runs take up to a minute: before the units, which fill the gaps at the end. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isUnit = ({ moduleId }: TestSpecification) => moduleId.includes("/src/");
    const sorted = await super.sort(files);
    return [...sorted.filter((file) => !isUnit(file)), ...sorted.filter(isUnit)];
  }
}

const BUILT_WORKER = join(import.meta.dirname, "test/start_built_worker.ts");

export default defineConfig({
  // Examples import "handrail", as users do.
  resolve: { tsconfigPaths: true },
  plugins: [
    {
      name: "built workers",
      enforce: "pre",
      resolveId: (id, importer) =>
        id.endsWith("/start_worker.ts") && importer !== BUILT_WORKER ? BUILT_WORKER : undefined,
    },
  ],
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: ["test/isolation.ts", "test/build.ts"],
    sequence: { sequencer: LongFirst },
    // Native runtimes and MuJoCo hold real memory and threads: one process per file keeps them apart.
    pool: "forks",
    maxWorkers: 2,
    // Two test files at once keep two processors busy; more threads than that only wait for each other.
    env: { OMP_NUM_THREADS: "1" },
    // Tests wait for events (see test/until.ts); these only end one that hangs.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
