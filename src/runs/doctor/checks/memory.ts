/** Checks that the full replay buffers, or without actors the dataset, will fit into memory. */
import { totalmem } from "node:os";
import { forecastDatasetMemory } from "../../../data/sources/dataset/dataset_source.ts";
import { frozenFeatureShapes } from "../../../policies/registry.ts";
import type { ImageEncoding } from "../../../replay/encoding/image_encoding.ts";
import { forecastReplayMemory } from "../../../replay/layout.ts";
import { replayFeaturesOf } from "../../../settings/replay_features.ts";
import { runSettingsOf } from "../../../settings/run_settings.ts";
import { type Check, error, type Finding, ok, warning } from "../check.ts";
import type { SetupContext } from "../setup_context.ts";

/** The rest is for networks, simulation and the system. */
const COMFORTABLE_SHARE = 0.7;

export const memoryCheck: Check = {
  name: "memory",
  async run(setup) {
    if (setup.isOffline) return await datasetMemory(setup);
    const needed = replayBytes(setup);
    const machine = machineBytes();
    const what = `full replay buffers take ${gibibytes(needed.minimum)} to ${gibibytes(needed.maximum)} of ${gibibytes(machine)}`;
    const encoding = encodingOf(setup);
    const less = encoding?.keepsImages
      ? " Or set handrail.image_features.keep_images to false: features are stored instead of images, not beside them."
      : "";
    const todo = `Lower policy.online_buffer_capacity and policy.offline_buffer_capacity, or the images' size.${less}`;
    if (needed.minimum > machine) return [error(what, { why: "Training stops when memory is full.", todo })];
    if (needed.maximum <= COMFORTABLE_SHARE * machine) return [ok(what)];
    return [
      warning(what, {
        why: "Little is left for everything else. Many short interventions push it to the upper bound.",
        todo,
      }),
    ];
  },
};

/** Counts the values of the whole dataset and its image cache. */
async function datasetMemory(setup: SetupContext): Promise<Finding[]> {
  const dataset = await setup.dataset();
  if (dataset.state !== "there") return [];
  const needed = forecastDatasetMemory(dataset.value, replayFeaturesOf(setup.config));
  const machine = machineBytes();
  const what = `the dataset takes about ${gibibytes(needed)} of ${gibibytes(machine)}`;
  if (needed <= COMFORTABLE_SHARE * machine) return [ok(what)];
  const todo = "Choose fewer episodes with dataset.episodes.";
  const why = needed > machine ? "Training stops when memory is full." : "Little is left for everything else.";
  return [(needed > machine ? error : warning)(what, { why, todo })];
}

/** Bytes of both full buffers. Minimum: one unbroken stream of steps. Maximum: no two consecutive steps. */
export function replayBytes({ config }: Pick<SetupContext, "config">): { minimum: number; maximum: number } {
  const features = replayFeaturesOf(config);
  const encoding = encodingOf({ config });
  const forecasts = Object.values(runSettingsOf(config).bufferCapacity).map((capacity) =>
    forecastReplayMemory(features, capacity, encoding),
  );
  const total = (key: "minimumBytes" | "maximumBytes") => forecasts.reduce((sum, forecast) => sum + forecast[key], 0);
  return { minimum: total("minimumBytes"), maximum: total("maximumBytes") };
}

/** The features that the buffers will store of their images. */
function encodingOf({ config }: Pick<SetupContext, "config">): ImageEncoding | undefined {
  const { cache, shifts, keep_images } = config.handrail.image_features;
  const shapes = cache === false ? undefined : frozenFeatureShapes(config.policy);
  return shapes && { encoder: "forecast", shapes, variants: Math.max(1, shifts), keepsImages: keep_images };
}

/** Memory available to this process; a container may limit it. */
function machineBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

export function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
