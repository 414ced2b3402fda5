/** Episodes with known contents, for tests of writing, checking and reading. */

import { cameraFeature, type Features } from "../../src/datasets/schema/features.ts";
import type { DatasetWriter, SaveEpisodeOptions } from "../../src/datasets/writing/dataset_writer.ts";
import type { FrameInput } from "../../src/datasets/writing/frame_input.ts";

export const SIZE = { height: 64, width: 96, channels: 3 };

export function exampleFeatures(camera?: "image" | "video"): Features {
  return {
    "observation.state": { dtype: "float32", shape: [3], names: ["x", "y", "z"] },
    "observation.environment_state": { dtype: "float64", shape: [2, 2] },
    action: { dtype: "float32", shape: [2] },
    "next.reward": { dtype: "float32", shape: [1] },
    "next.done": { dtype: "bool", shape: [1] },
    note: { dtype: "string", shape: [1] },
    ...(camera && {
      "observation.images.front": cameraFeature(camera, SIZE),
      "observation.images.wrist": cameraFeature(camera, SIZE),
    }),
  };
}

/** A brightness that identifies a frame even after lossy compression. */
export const brightness = (episode: number, frame: number): number => (episode * 40 + frame * 6) % 200;

export function exampleFrame(episode: number, frame: number, withCameras: boolean): FrameInput {
  const pixels = SIZE.height * SIZE.width * SIZE.channels;
  return {
    "observation.state": Float32Array.of(Math.sin(episode), Math.cos(frame), frame),
    "observation.environment_state": [episode, frame, -episode, 1e-3 * frame],
    action: [frame / 10, -frame],
    "next.reward": frame / 7,
    "next.done": frame % 2 === 1,
    note: `note ${episode}/${frame} ✓`,
    ...(withCameras && {
      "observation.images.front": new Uint8Array(pixels).fill(brightness(episode, frame)),
      "observation.images.wrist": Uint8Array.from(
        { length: pixels },
        (_, i) => (i % 3) * 60 + brightness(0, frame) / 4,
      ),
    }),
  };
}

export const exampleTask = (episode: number): string => `task ${episode % 3} é`;

export async function writeEpisode(
  writer: DatasetWriter,
  episode: number,
  frames: number,
  options?: SaveEpisodeOptions,
): Promise<void> {
  const withCameras = "observation.images.front" in writer.info.features;
  for (let frame = 0; frame < frames; frame++) {
    await writer.addFrame(exampleFrame(episode, frame, withCameras), exampleTask(episode));
  }
  await writer.saveEpisode(options);
}
