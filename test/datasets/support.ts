/** Small datasets in folders that are removed with the test. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { DatasetWriter } from "../../src/datasets/writing/dataset_writer.ts";
import type { CreateDatasetOptions } from "../../src/datasets/writing/dataset_writer_options.ts";
import { exampleFeatures, writeEpisode } from "./example_episodes.ts";

/** A folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "handrail-dataset-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A closed dataset; episode e has `lengths[e]` frames. */
export async function writeDataset(
  lengths: readonly number[],
  options: Omit<Partial<CreateDatasetOptions>, "root" | "features"> & { readonly camera?: "image" | "video" } = {},
): Promise<string> {
  const { camera, ...rest } = options;
  const root = join(await temporaryFolder(), "dataset");
  const writer = await DatasetWriter.create({ root, fps: 10, features: exampleFeatures(camera), ...rest });
  for (const [episode, frames] of lengths.entries()) await writeEpisode(writer, episode, frames);
  await writer.close();
  return root;
}
