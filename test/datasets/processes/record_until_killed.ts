/**
 * Records episodes into a dataset until killed: `record_until_killed.ts <folder>`. Prints "ready" once the dataset is open
 * and "saved N" once episode N is safe.
 */
import { existsSync } from "node:fs";
import { DatasetRecorder } from "../../../src/datasets/writing/dataset_recorder.ts";
import { exampleFeatures, exampleFrame, exampleTask } from "../example_episodes.ts";

const root = process.argv[2]!;
const recorder = existsSync(root)
  ? await DatasetRecorder.resume({ root })
  : await DatasetRecorder.create({ root, fps: 10, features: exampleFeatures("video"), dataFileSizeLimitMib: 0.02 });
console.log("ready");
for (let episode = recorder.episodes; ; episode++) {
  const frames = 3 + (episode % 5);
  for (let frame = 0; frame < frames; frame++) {
    await recorder.record(exampleFrame(episode, frame, true), exampleTask(episode));
  }
  await recorder.saveEpisode({ start: { seed: 100 + episode, resets: 0 } });
  console.log(`saved ${episode}`);
}
