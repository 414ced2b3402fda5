/**
 * Replays recorded gym-hil episodes and prints how far the simulation drifts from them.
 * Usage: npm run replay-fixtures -- <folder with *.json> …   Exits with 1 when any episode is past its tolerances.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readRecordedEpisode } from "../test/envs/recorded_episode.ts";
import {
  failuresOf,
  type Quantity,
  type ReplayReport,
  replayEpisode,
  TOLERANCES,
} from "../test/envs/replay_episode.ts";

const folders = process.argv.slice(2);
if (folders.length === 0) fail("usage: npm run replay-fixtures -- <folder with recorded episodes> …");

let failed = 0;
let replayed = 0;
for (const folder of folders) {
  const names = (await readdir(folder).catch((error: Error) => fail(`can't read "${folder}": ${error.message}`)))
    .filter((name) => name.endsWith(".json"))
    .sort();
  if (names.length === 0) fail(`"${folder}" holds no .json file`);
  for (const name of names) {
    replayed++;
    if (!(await replayFile(join(folder, name)))) failed++;
  }
}
console.log(failed === 0 ? `\n${replayed} episodes within tolerance` : `\n${failed} of ${replayed} episodes failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function replayFile(path: string): Promise<boolean> {
  console.log(`\n${path}`);
  try {
    const episode = await readRecordedEpisode(path);
    const report = await replayEpisode(episode);
    printReport(report);
    const failures = failuresOf(report, episode);
    console.log(failures.length === 0 ? "  ok" : `  FAILED: ${failures.join("; ")}`);
    return failures.length === 0;
  } catch (error) {
    console.log(`  FAILED: ${(error as Error).message}`);
    return false;
  }
}

function printReport(report: ReplayReport): void {
  console.log(`  ${report.replayedSteps} steps, the first ${report.untouchedSteps} before the cube is touched`);
  console.log(
    `  ${"worst deviation".padEnd(24)}${"untouched".padStart(11)}${"allowed".padStart(11)}${"whole".padStart(11)}  at step`,
  );
  for (const [quantity, tolerance] of Object.entries(TOLERANCES) as [Quantity, number][]) {
    const whole = report.whole[quantity];
    const numbers = [report.untouched[quantity].worst, tolerance, whole.worst].map((value) =>
      value.toExponential(2).padStart(11),
    );
    console.log(`  ${quantity.padEnd(24)}${numbers.join("")}  ${whole.step}`);
  }
  const { worst, step } = report.reward;
  console.log(`  ${"reward".padEnd(24)}${"".padStart(22)}${worst.toExponential(2).padStart(11)}  ${step}`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
