/** Labels of recorded frames for training a classifier. */
import type { Dataset } from "../../../datasets/dataset.ts";
import type { EpisodeRecord } from "../../../datasets/meta/episodes.ts";
import { labelledFrames, readSuccessLabels } from "../../../datasets/meta/success_labels.ts";
import { numbersOf } from "../../../datasets/schema/columns.ts";
import { REWARD } from "../../../datasets/schema/step_columns.ts";

export const FAILURE = 0;
export const SUCCESS = 1;
/** A frame that neither trains nor is counted. */
export const LEFT_OUT = 2;

const SUCCESS_COLUMN = "next.success";
/** Rewards above are success; a gripper's penalty may have been subtracted from them. */
const LEAST_REWARD = 0.5;

/**
 * Which rows of an episode were recorded as successes.
 *
 * @throws Error for a dataset without `next.success` and `next.reward`.
 */
export async function successRows(dataset: Dataset, episode: EpisodeRecord): Promise<Uint8Array> {
  const key = [SUCCESS_COLUMN, REWARD].find((name) => name in dataset.features);
  if (key === undefined) {
    throw new Error(
      `the dataset ${dataset.root} has neither ${SUCCESS_COLUMN} nor ${REWARD}: nothing says what succeeded`,
    );
  }
  const table = await dataset.readTable(episode, [key]);
  return Uint8Array.from(numbersOf(table, key), (value) => (value > LEAST_REWARD ? SUCCESS : FAILURE));
}

/**
 * Labels of every image of a dataset, by episode: those given afterwards (`meta/success_labels.json`), or those recorded.
 *
 * @throws Error for a dataset without labels of either kind; DatasetError for a file that cannot be read.
 */
export async function datasetLabels(dataset: Dataset): Promise<Uint8Array[]> {
  const given = await readSuccessLabels(
    dataset.root,
    dataset.episodes.map(({ length }) => length),
  );
  const labels: Uint8Array[] = [];
  for (const episode of dataset.episodes) {
    const own = given.get(episode.episodeIndex);
    if (own === undefined) labels.push(labelsOf(await successRows(dataset, episode)));
    else
      labels.push(Uint8Array.from(labelledFrames(own, episode.length), (isSuccess) => (isSuccess ? SUCCESS : FAILURE)));
  }
  return labels;
}

/**
 * Labels of an episode's images. A person marks success at one moment, so every image from there to the end shows it. A row
 * holds the image before its step and the success after it: the first success shows in the next row's image, and its own row
 * is left out, since either label may be right. In an episode that ends there, this last row is the success.
 *
 * @param rows As `successRows` returns them.
 */
export function labelsOf(rows: Uint8Array): Uint8Array {
  const labels = new Uint8Array(rows.length);
  const pressed = rows.indexOf(SUCCESS);
  if (pressed === -1) return labels;
  labels.fill(SUCCESS, pressed + 1);
  labels[pressed] = pressed === rows.length - 1 ? SUCCESS : LEFT_OUT;
  return labels;
}
