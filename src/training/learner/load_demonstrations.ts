/** Fills the offline buffer from a dataset, one episode in memory at a time. */
import { Dataset } from "../../datasets/dataset.ts";
import { resolveDataset } from "../../datasets/location.ts";
import { readTransitions } from "../../datasets/read_transitions.ts";
import type { ReplayBuffer } from "../../replay/replay_buffer.ts";
import type { ObservationArrays, Transition } from "../../replay/transition.ts";
import type { TrainRLServerPipelineConfig } from "../config.ts";

type DatasetConfig = NonNullable<TrainRLServerPipelineConfig["dataset"]>;

export interface LoadDemonstrationsOptions {
  readonly dataset: DatasetConfig;
  /** The policy's name for observations of the dataset. */
  readonly renameMap: Readonly<Record<string, string>>;
  readonly buffer: ReplayBuffer;
  readonly warn: (message: string) => void;
}

/**
 * Only what the buffer declares is read. Episodes that were cut short end one step early, since what followed was not
 * recorded.
 *
 * @returns the number of transitions added.
 * @throws Error when the dataset is not found or has no such episode or observation, or naming the first transition that
 * does not fit.
 */
export async function loadDemonstrations(options: LoadDemonstrationsOptions): Promise<number> {
  const { buffer, warn } = options;
  const { repo_id, root, revision } = options.dataset;
  const dataset = await Dataset.open(await resolveDataset({ repoId: repo_id, root, revision }));
  try {
    const names = datasetNames(Object.keys(buffer.features.observation), options.renameMap);
    let added = 0;
    for await (const transition of readTransitions(dataset, {
      observations: Object.values(names),
      episodes: chosenEpisodes(dataset, options.dataset),
    })) {
      try {
        buffer.add(renamed(transition, names, buffer));
      } catch (cause) {
        const message = `${dataset.root}, transition ${added}: ${(cause as Error).message}`;
        throw new Error(`the demonstrations do not fit the policy: ${message}`, { cause });
      }
      added += 1;
    }
    if (added > buffer.capacity) {
      warn(
        `policy.offline_buffer_capacity is ${buffer.capacity}: only the newest of the ${added} demonstrated transitions ` +
          "are kept",
      );
    }
    return added;
  } finally {
    await dataset.close();
  }
}

/** The dataset's name of each of the policy's observations. */
function datasetNames(keys: readonly string[], renameMap: Readonly<Record<string, string>>): Record<string, string> {
  const original = new Map(Object.entries(renameMap).map(([from, to]) => [to, from]));
  return Object.fromEntries(keys.map((name) => [name, original.get(name) ?? name]));
}

function chosenEpisodes(dataset: Dataset, { episodes, exclude_episodes }: DatasetConfig): number[] {
  const chosen = episodes ?? dataset.episodes.map(({ episodeIndex }) => episodeIndex);
  const excluded = new Set(exclude_episodes ?? []);
  return chosen.filter((index) => !excluded.has(index));
}

function renamed(transition: Transition, names: Readonly<Record<string, string>>, { features }: ReplayBuffer) {
  const observation = (arrays: ObservationArrays): ObservationArrays =>
    Object.fromEntries(Object.entries(names).map(([name, stored]) => [name, arrays[stored]!]));
  const declared = features.complementaryInfo ?? {};
  const info = Object.entries(transition.complementaryInfo ?? {}).filter(([name]) => Object.hasOwn(declared, name));
  return {
    ...transition,
    observation: observation(transition.observation),
    nextObservation: observation(transition.nextObservation),
    complementaryInfo: Object.fromEntries(info),
  };
}
