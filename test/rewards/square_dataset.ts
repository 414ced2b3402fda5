/** A dataset of 64² images in which success is a bright square that has risen. */
import { DatasetWriter } from "../../src/datasets/writing/dataset_writer.ts";
import { Random } from "../../src/tensor/random.ts";

export const CAMERA = "observation.images.front";
const SIDE = 64;
const FRAMES = 10;
/** Row whose step makes the square rise. */
export const PRESSED = 4;

/** Every other episode succeeds, the first one among them. */
export async function writeSquares(
  root: string,
  episodes: number,
  seed: number,
  { pressed = true }: { readonly pressed?: boolean } = {},
): Promise<void> {
  const random = new Random(seed);
  const writer = await DatasetWriter.create({
    root,
    fps: 10,
    flush: "close",
    features: {
      [CAMERA]: { dtype: "image", shape: [SIDE, SIDE, 3], names: ["height", "width", "channels"] },
      action: { dtype: "float32", shape: [1], names: null },
      "next.reward": { dtype: "float32", shape: [1], names: null },
      "next.done": { dtype: "bool", shape: [1], names: null },
    },
  });
  for (let episode = 0; episode < episodes; episode++) {
    const succeeds = episode % 2 === 0;
    for (let frame = 0; frame < FRAMES; frame++) {
      const isUp = succeeds && frame > PRESSED;
      await writer.addFrame(
        {
          [CAMERA]: squareImage(random, isUp),
          action: Float32Array.of(0),
          // One tick, as a gamepad's press.
          "next.reward": Float32Array.of(pressed && succeeds && frame === PRESSED ? 1 : 0),
          "next.done": Uint8Array.of(frame === FRAMES - 1 ? 1 : 0),
        },
        "raise the square",
      );
    }
    await writer.saveEpisode();
  }
  await writer.close();
}

function squareImage(random: Random, isUp: boolean): Uint8Array {
  const image = Uint8Array.from({ length: SIDE * SIDE * 3 }, () => random.integer(60));
  const top = (isUp ? 8 : 36) + random.integer(8);
  const left = 12 + random.integer(24);
  for (let y = top; y < top + 12; y++) image.fill(250, (y * SIDE + left) * 3, (y * SIDE + left + 12) * 3);
  return image;
}
