/**
 * Records episodes until a file cannot grow any more: `record_until_full.ts <folder> <image|video>`. Prints the error,
 * checks that the episode is kept, and closes the dataset without it.
 */
import { DatasetWriter } from "../../../src/datasets/writing/dataset_writer.ts";
import { Random } from "../../../src/tensor/random.ts";
import { exampleFeatures, exampleFrame } from "../example_episodes.ts";

const random = new Random(0);
const [root, camera] = process.argv.slice(2) as [string, "image" | "video"];
const frames = camera === "image" ? 3 : 20;
const writer = await DatasetWriter.create({ root, fps: 10, features: exampleFeatures(camera) });
try {
  for (let episode = 0; ; episode++) {
    for (let i = 0; i < frames; i++) {
      const frame = exampleFrame(episode, i, true);
      const noise = Uint8Array.from({ length: 64 * 96 * 3 }, () => random.integer(256));
      await writer.addFrame({ ...frame, "observation.images.front": noise }, "fill the disk");
    }
    await writer.saveEpisode();
    console.log(`saved ${episode}`);
  }
} catch (error) {
  console.log(`error: ${(error as Error).message}`);
  console.log(`kept ${writer.pendingFrames}`);
  await writer.discardEpisode();
  await writer.close();
}
