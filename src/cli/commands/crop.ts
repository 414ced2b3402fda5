/** `handrail crop`: cuts the cameras of a dataset to their regions of interest. */
import { Command, InvalidArgumentError } from "commander";
import type { Crop } from "../../processors/image_resize.ts";
import { cropDataset } from "../../training/crop_dataset.ts";
import { progressLine } from "../progress.ts";

interface CropOptions {
  readonly roi: Readonly<Record<string, Crop>>;
  readonly resize?: readonly [number, number];
}

export function cropCommand(): Command {
  return new Command("crop")
    .description("write a dataset whose cameras show only their region of interest")
    .argument("<source>", "folder of the dataset")
    .argument("<target>", "folder of the new dataset")
    .option("--roi <camera=top,left,height,width>", "region of one camera in pixels; repeatable", region, {})
    .option("--resize <height,width>", "size after cropping, in pixels", size)
    .action(async (source: string, target: string, { roi, resize }: CropOptions) => {
      if (Object.keys(roi).length === 0 && !resize) throw new Error("nothing to do: give --roi or --resize");
      const progress = progressLine("cropped", "episodes");
      await cropDataset(source, { root: target, crops: roi, ...(resize && { resize }), onEpisode: progress.show });
      progress.end();
      console.log(JSON.stringify({ crop_params_dict: roi, ...(resize && { resize_size: resize }) }));
    });
}

function region(text: string, earlier: Readonly<Record<string, Crop>>): Record<string, Crop> {
  const [, camera, numbers] = /^(.+)=(\d+,\d+,\d+,\d+)$/.exec(text) ?? [];
  if (!camera || !numbers) throw new InvalidArgumentError('it must be like "observation.images.front=10,20,96,96".');
  return { ...earlier, [camera]: numbers.split(",").map(Number) as unknown as Crop };
}

function size(text: string): [number, number] {
  const [, height, width] = /^(\d+),(\d+)$/.exec(text) ?? [];
  if (!Number(height) || !Number(width)) throw new InvalidArgumentError('it must be like "128,128".');
  return [Number(height), Number(width)];
}
