/** Starts the longest test files first, so that no processor waits for another one's last file. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Small files with minutes of work. Vitest starts with large files until it knows how long each takes. */
const LONG = [
  "test/learning/checkpoint_kill.test.ts",
  "test/runs/train.test.ts",
  "test/parity/lerobot_parity.test.ts",
  "test/tensor/conformance.test.ts",
  "test/runs/offline.test.ts",
  "test/runs/demonstrations.test.ts",
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const missing = LONG.filter((file) => !existsSync(join(this.ctx.config.root, file)));
    if (missing.length > 0) throw new Error(`test/longest_first.ts names ${missing.join(", ")}, which do not exist`);
    const isLong = ({ moduleId }: TestSpecification) => LONG.some((file) => moduleId.endsWith(`/${file}`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
