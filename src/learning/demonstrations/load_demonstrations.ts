/** Fills the offline buffer from a dataset, one episode in memory at a time. */
import { Dataset } from "../../datasets/dataset.ts";
import { resolveDataset } from "../../datasets/location.ts";
import type { ReplayBuffer } from "../../replay/replay_buffer.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { checkDemonstrations, type DemonstrationsReport } from "./check_demonstrations.ts";
import { describeMisfit, readDemonstrations } from "./demonstrations.ts";

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
 * recorded. In the buffer, episodes are numbered from 1 in the order they are read.
 *
 * @returns the number of transitions added.
 * @throws Error when the dataset is not found, damaged, yields nothing or has no such episode or observation, or naming the first transition that
 * does not fit.
 */
export async function loadDemonstrations(options: LoadDemonstrationsOptions): Promise<number> {
  const { buffer, warn } = options;
  const { repo_id, root, revision } = options.dataset;
  const dataset = await Dataset.open(await resolveDataset({ repoId: repo_id, root, revision }));
  try {
    const { episodes } = await assertTrainable(dataset, options);
    const { renameMap } = options;
    let added = 0;
    let episode = 0;
    let inDataset: number | undefined;
    for await (const transition of readDemonstrations(dataset, { features: buffer.features, renameMap, episodes })) {
      if (transition.episode !== inDataset) episode += 1;
      inDataset = transition.episode;
      try {
        buffer.add({ ...transition, episode });
      } catch (cause) {
        throw new Error(describeMisfit(dataset, added, cause as Error), { cause });
      }
      added += 1;
    }
    if (added > buffer.capacity) {
      warn(
        `policy.offline_buffer_capacity is ${buffer.capacity}: only the newest of the ${added} demonstrated transitions ` +
          "are kept",
      );
    }
    if (added === 0) throw new Error(`${dataset.root} yields no demonstration: there is nothing to train on`);
    return added;
  } finally {
    await dataset.close();
  }
}

/**
 * What the doctor would find, before anything is learned: a run must not begin with rows that are not what they seem.
 *
 * @throws Error naming the first of what makes training impossible.
 */
export async function assertTrainable(
  dataset: Dataset,
  { dataset: config, warn }: Pick<LoadDemonstrationsOptions, "dataset" | "warn">,
): Promise<DemonstrationsReport> {
  const report = await checkDemonstrations(dataset, config);
  const { errors, warnings } = report;
  const more = (list: readonly string[]) => (list.length > 1 ? ` (and ${list.length - 1} more)` : "");
  const advice = `\`handrail dataset validate ${dataset.root}\` lists everything`;
  if (errors.length > 0) {
    throw new Error(`nothing can be trained on ${dataset.root}: ${errors[0]}${more(errors)}; ${advice}`);
  }
  if (warnings.length > 0) warn(`${dataset.root}: ${warnings.at(-1)}${more(warnings)}; ${advice}`);
  return report;
}
