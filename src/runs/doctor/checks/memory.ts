/** Whether the replay buffers, or a run's dataset without actors, fit into the machine's memory, before they have grown for an hour. */
import { totalmem } from "node:os";
import { forecastDatasetMemory } from "../../../data/sources/dataset/dataset_source.ts";
import { forecastReplayMemory } from "../../../replay/layout.ts";
import { replayFeaturesOf } from "../../../settings/replay_features.ts";
import { runSettingsOf } from "../../../settings/run_settings.ts";
import { type Check, error, type Finding, ok, warning } from "../check.ts";
import type { Subject } from "../subject.ts";

/** Networks, simulation and the system need the rest. */
const COMFORTABLE_SHARE = 0.7;

export const memoryCheck: Check = {
  name: "memory",
  async run(subject) {
    if (subject.isOffline) return await datasetMemory(subject);
    const needed = replayBytes(subject);
    const machine = machineBytes();
    const what = `full replay buffers take ${gibibytes(needed.minimum)} to ${gibibytes(needed.maximum)} of ${gibibytes(machine)}`;
    const todo = "Lower policy.online_buffer_capacity and policy.offline_buffer_capacity, or the images' size.";
    if (needed.minimum > machine) return [error(what, { why: "Training stops when memory is full.", todo })];
    if (needed.maximum <= COMFORTABLE_SHARE * machine) return [ok(what)];
    return [
      warning(what, {
        why: "Little is left for everything else; many short interventions bring it to the upper end.",
        todo,
      }),
    ];
  },
};

/** Numbers of the whole dataset, and images that are decoded once. */
async function datasetMemory(subject: Subject): Promise<Finding[]> {
  const dataset = await subject.dataset();
  if (dataset.state !== "there") return [];
  const needed = forecastDatasetMemory(dataset.value, replayFeaturesOf(subject.config));
  const machine = machineBytes();
  const what = `the dataset takes about ${gibibytes(needed)} of ${gibibytes(machine)}`;
  if (needed <= COMFORTABLE_SHARE * machine) return [ok(what)];
  const todo = "Choose fewer episodes with dataset.episodes.";
  const why = needed > machine ? "Training stops when memory is full." : "Little is left for everything else.";
  return [(needed > machine ? error : warning)(what, { why, todo })];
}

/** Of both buffers when they are full: one unbroken stream, and all in pieces. */
export function replayBytes({ config }: Pick<Subject, "config">): { minimum: number; maximum: number } {
  const features = replayFeaturesOf(config);
  const forecasts = Object.values(runSettingsOf(config).bufferCapacity).map((capacity) =>
    forecastReplayMemory(features, capacity),
  );
  const total = (key: "minimumBytes" | "maximumBytes") => forecasts.reduce((sum, forecast) => sum + forecast[key], 0);
  return { minimum: total("minimumBytes"), maximum: total("maximumBytes") };
}

/** What this process may use: less than the machine has in a container. */
function machineBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

export function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
