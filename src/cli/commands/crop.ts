/** `handrail crop`: crops the cameras of a dataset, by numbers or by hand in a browser. */
import { readdir } from "node:fs/promises";
import { Command, InvalidArgumentError } from "commander";
import type { PickedRegions } from "../../dashboard/server/region_picker/protocol.ts";
import { startRegionPicker } from "../../dashboard/server/region_picker/start_region_picker.ts";
import { Dataset } from "../../datasets/dataset.ts";
import { cropDataset } from "../../runs/crop_dataset.ts";
import { port } from "../options/arguments.ts";
import { showProgress } from "../show_progress.ts";
import { stopOnSignals } from "../stop_signals.ts";
import { terminal } from "../terminal/terminal.ts";

type Crop = PickedRegions["crops"][string];

interface CropOptions {
  readonly pick?: boolean;
  readonly port: number;
  readonly roi: Readonly<Record<string, Crop>>;
  readonly resize?: [number, number];
}

export function cropCommand(): Command {
  return new Command("crop")
    .description("write a dataset whose cameras show only their region of interest")
    .argument("<source>", "folder of the dataset")
    .argument("[target]", "folder of the new dataset; optional with --pick, to choose regions only")
    .option("--pick", "choose the regions by hand, on a page that opens in this machine's browser")
    .option("--roi <camera=top,left,height,width>", "region of one camera in pixels; repeatable", region, {})
    .option("--resize <height,width>", "size after cropping, in pixels", size)
    .option("--port <port>", "of the page; 0 takes any free one", port, 0)
    .addHelpText(
      "after",
      "\nExamples:\n  handrail crop demos demos_cropped --pick --resize 128,128" +
        "\n  handrail crop demos demos_cropped --roi observation.images.front=10,20,96,96 --resize 128,128",
    )
    .action(crop);
}

async function crop(source: string, target: string | undefined, options: CropOptions): Promise<void> {
  const given = { crops: { ...options.roi }, resize: options.resize ?? null };
  if (target !== undefined && (await readdir(target).catch(() => [])).length > 0) {
    throw new Error(`"${target}" is not empty: choose another folder`);
  }
  if (options.pick) return await pick(source, target, given, options.port);
  if (target === undefined)
    throw new Error("name the folder of the new dataset, or give --pick to choose regions only");
  if (Object.keys(given.crops).length === 0 && given.resize === null) {
    throw new Error("nothing to do: give --roi or --resize, or --pick to choose by hand");
  }
  await write(source, target, given);
  print(given);
}

async function pick(source: string, target: string | undefined, initial: PickedRegions, port: number): Promise<void> {
  const dataset = await Dataset.open(source, { actualSizes: true });
  const { signal, release } = stopOnSignals(() => {});
  try {
    const apply = async (picked: PickedRegions, onProgress: (done: number, total: number) => void) => {
      if (target !== undefined) await write(source, target, picked, onProgress);
    };
    const picker = await startRegionPicker({ dataset, initial, target, apply, port });
    terminal.print(`open ${picker.url}\nand choose the regions; Ctrl-C cancels`);
    try {
      const stopped = new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
      print(await Promise.race([picker.picked, stopped]));
    } finally {
      await picker.close();
    }
  } finally {
    release();
    await dataset.close();
  }
}

async function write(
  source: string,
  target: string,
  { crops, resize }: PickedRegions,
  onProgress?: (done: number, total: number) => void,
): Promise<void> {
  const progress = showProgress("cropped", "episodes");
  await cropDataset(source, {
    root: target,
    crops,
    ...(resize && { resize }),
    onEpisode: (done, total) => {
      progress(done, total);
      onProgress?.(done, total);
    },
  });
  terminal.end();
}

/** In the form of `env.processor.image_preprocessing` of a training config. */
function print({ crops, resize }: PickedRegions): void {
  terminal.result(JSON.stringify({ crop_params_dict: crops, ...(resize && { resize_size: resize }) }));
}

function region(text: string, earlier: Readonly<Record<string, Crop>>): Record<string, Crop> {
  const [, camera, numbers] = /^(.+)=(\d+,\d+,\d+,\d+)$/.exec(text) ?? [];
  if (!camera || !numbers)
    throw new InvalidArgumentError('it must have the form "observation.images.front=10,20,96,96".');
  return { ...earlier, [camera]: numbers.split(",").map(Number) as Crop };
}

function size(text: string): [number, number] {
  const [, height, width] = /^(\d+),(\d+)$/.exec(text) ?? [];
  if (!Number(height) || !Number(width)) throw new InvalidArgumentError('it must have the form "128,128".');
  return [Number(height), Number(width)];
}
