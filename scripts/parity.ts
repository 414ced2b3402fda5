/**
 * `npm run parity -- <folder>`: replays recordings of LeRobot found in a folder and prints the worst deviation of each
 * quantity. A recording is a pair NAME.json + NAME.safetensors (SAC), or a folder with config.json, model.safetensors
 * and expected.safetensors (a policy checkpoint). Exits with 1 when a deviation is past its tolerance.
 */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { replayCheckpoint } from "../test/parity/checkpoint_fixture.ts";
import { type Deviation, isWithinTolerance, summarize } from "../test/parity/deviation.ts";
import { replaySac } from "../test/parity/sac_fixture.ts";

interface Recording {
  readonly name: string;
  replay(): Promise<Deviation[]>;
}

async function findRecordings(folder: string): Promise<Recording[]> {
  if (existsSync(join(folder, "expected.safetensors"))) {
    return [{ name: basename(folder), replay: () => replayCheckpoint(folder) }];
  }
  const found: Recording[] = [];
  for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) => a.name.localeCompare(b.name))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await findRecordings(path)));
    const stem = path.replace(/\.json$/, "");
    if (stem !== path && existsSync(`${stem}.safetensors`)) {
      found.push({ name: basename(stem), replay: () => replaySac(stem) });
    }
  }
  return found;
}

/** A recording that cannot be replayed must not hide the next one. */
function failed(error: Error): Deviation[] {
  console.log(`  ${error.message}`);
  return [{ quantity: "replayed at all", worst: Number.POSITIVE_INFINITY, tolerance: 0, kind: "absolute" }];
}

const [folder] = process.argv.slice(2);
if (folder === undefined || folder.startsWith("-")) {
  console.log("usage: npm run parity -- <folder with recordings>");
  process.exit(folder === undefined ? 2 : 0);
}
if (!existsSync(folder)) {
  console.error(`the folder ${resolve(folder)} does not exist`);
  process.exit(2);
}
const recordings = await findRecordings(folder);
if (recordings.length === 0) {
  console.error(`${resolve(folder)} holds no recordings (NAME.json with NAME.safetensors, or a checkpoint folder)`);
  process.exit(2);
}
let passed = true;
for (const { name, replay } of recordings) {
  console.log(`\n${name}`);
  for (const deviation of summarize(await replay().catch(failed))) {
    const within = isWithinTolerance(deviation);
    passed &&= within;
    const figures = `${deviation.worst.toExponential(2)} ${deviation.kind} (tolerance ${deviation.tolerance})`;
    console.log(`  ${within ? "ok  " : "FAIL"}  ${deviation.quantity.padEnd(44)} ${figures}`);
  }
}
console.log(passed ? "\nevery deviation is within tolerance" : "\nsome deviations are past tolerance");
process.exit(passed ? 0 : 1);
