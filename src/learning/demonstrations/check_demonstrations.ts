/** Finds out which transitions training would take from a dataset. The doctor reports it, and training begins with it. */

import type { Dataset } from "../../datasets/dataset.ts";
import { describeLocation } from "../../datasets/errors.ts";
import { type FrameTable, numbersOf } from "../../datasets/schema/columns.ts";
import { DONE, REWARD, TRUNCATED } from "../../datasets/schema/step_columns.ts";
import { checkDataset } from "../../datasets/validation/check_dataset.ts";
import { type Problem, Problems } from "../../datasets/validation/problem.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";

type DatasetConfig = NonNullable<TrainRLServerPipelineConfig["dataset"]>;

export interface DemonstrationsReport {
  /** Why nothing can be trained on them. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  /** Indices of the chosen episodes, in the order in which they are read. */
  readonly episodes: readonly number[];
  /** Transitions that they hold. */
  readonly transitions: number;
}

/** Reads every row of the chosen episodes, and decodes their images and the ends of their videos. */
export async function checkDemonstrations(
  dataset: Dataset,
  config: Pick<DatasetConfig, "episodes" | "exclude_episodes">,
): Promise<DemonstrationsReport> {
  const problems = new Problems();
  const count = dataset.episodes.length;
  const excluded = new Set(config.exclude_episodes ?? []);
  const chosen = (config.episodes ?? dataset.episodes.map(({ episodeIndex }) => episodeIndex)).filter(
    (index) => !excluded.has(index),
  );
  const missing = [...(config.episodes ?? []), ...excluded].filter((index) => index >= count);
  const present = chosen.filter((index) => index < count);
  const ends = new Ends();
  let transitions = 0;
  await checkDataset(dataset, problems, {
    episodes: [...new Set(present)].map((index) => dataset.episode(index)),
    onEpisode: (_, table) => {
      if (table) transitions += ends.usableSteps(table);
    },
  });
  const text = ({ message, ...location }: Problem) => `${describeLocation(location)}: ${message}`;
  const errors = problems.list.filter(({ level }) => level === "error").map(text);
  if (count > 0 && missing.length > 0) {
    errors.push(`dataset.episodes names ${missing.join(", ")}; the dataset has 0 to ${count - 1}`);
  } else if (count > 0 && present.length === 0) {
    errors.push("dataset.episodes and dataset.exclude_episodes leave no episode: there is nothing to train on");
  } else if (errors.length === 0 && transitions === 0) {
    errors.push("the chosen episodes hold no transition: there is nothing to train on");
  }
  const warnings = problems.list.filter(({ level }) => level === "warning").map(text);
  return { errors, warnings: [...warnings, ...ends.warnings()], episodes: present, transitions };
}

/** Counts how the last steps of episodes are used, which have no stored next observation. */
class Ends {
  #inferred = 0;
  #leftOut = 0;
  #rewarded = 0;

  /** Steps of an episode that become transitions. */
  usableSteps(table: FrameTable): number {
    const flag = (key: string) => table.columns[key] && numbersOf(table, key).at(-1) !== 0;
    if (table.length === 0) return 0;
    if (table.columns[DONE] === undefined && table.columns[TRUNCATED] === undefined) {
      this.#inferred++;
      return table.length;
    }
    if (flag(DONE)) return table.length;
    this.#leftOut++;
    if (table.columns[REWARD] && numbersOf(table, REWARD).at(-1)! !== 0) this.#rewarded++;
    return table.length - 1;
  }

  warnings(): string[] {
    const inferred =
      `there is no ${DONE}: the last step of each of the ${this.#inferred} episodes counts as the end of the task, ` +
      "as LeRobot has it";
    const leftOut =
      `${this.#leftOut} episodes end without ${DONE}: their last step is left out, because what followed it is not ` +
      `stored, and ${this.#rewarded} of these steps earned a reward; write ${DONE} = true where the task ended`;
    return [...(this.#inferred > 0 ? [inferred] : []), ...(this.#rewarded > 0 ? [leftOut] : [])];
  }
}
