/** Reads the episodes of a LeRobotDataset for playback: numeric columns as tracks, and camera images. */
import { Dataset, type EpisodeRecord } from "../../../datasets/index.ts";
import { numbersOf } from "../../../datasets/schema/columns.ts";
import { cameraKeys, elementCount, isNumeric } from "../../../datasets/schema/features.ts";
import { ACTION, COMPLEMENTARY_PREFIX, OBSERVATION_PREFIX, REWARD } from "../../../datasets/schema/step_columns.ts";
import { addStep } from "../../../metrics/stretches.ts";
import { encodeImage } from "../../frames.ts";
import type { EpisodeTrace, Scene } from "../../protocol.ts";
import { encodeRecording } from "../../recording_format.ts";
import { cameraImage } from "../camera_image.ts";
import type { EpisodeSource } from "./episode_source.ts";

const IS_INTERVENTION = `${COMPLEMENTARY_PREFIX}is_intervention`;
/** Tracks with more values per step are unreadable. */
const MAX_TRACK_SIZE = 32;

export class DatasetEpisodes implements EpisodeSource {
  readonly #dataset: Dataset;
  readonly #traces = new Map<number, EpisodeTrace>();

  private constructor(dataset: Dataset) {
    this.#dataset = dataset;
  }

  /** @throws DatasetError naming what cannot be read. */
  static async open(root: string): Promise<DatasetEpisodes> {
    return new DatasetEpisodes(await Dataset.open(root));
  }

  get dataset(): Dataset {
    return this.#dataset;
  }

  get episodes(): readonly number[] {
    return this.#dataset.episodes.map(({ episodeIndex }) => episodeIndex);
  }

  async readScene(): Promise<Scene | undefined> {
    return undefined;
  }

  async list(): Promise<readonly EpisodeTrace[]> {
    const traces: EpisodeTrace[] = [];
    for (const episode of this.#dataset.episodes) traces.push(await this.#trace(episode));
    return traces;
  }

  async read(index: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const episode = this.#find(index);
    if (episode === undefined) return undefined;
    const { features, info } = this.#dataset;
    const keys = this.#trackKeys();
    const table = await this.#dataset.readTable(episode, [...keys]);
    const tracks = keys.map((key) => {
      const size = elementCount(features[key]!.shape);
      const { names } = features[key]!;
      const labels = Array.isArray(names) && names.length === size ? names.map(String) : undefined;
      return {
        name: nameOf(key),
        labels: labels ?? Array.from({ length: size }, (_, i) => (size === 1 ? nameOf(key) : `${i}`)),
      };
    });
    return encodeRecording({
      format: 1,
      bodies: 0,
      steps: episode.length,
      control_frequency_hz: info.fps,
      trace: await this.#trace(episode),
      tracks,
      cameras: this.#cameras.map(nameOf),
      poses: new Float32Array(0),
      values: keys.map((key) => Float32Array.from(numbersOf(table, key))),
    });
  }

  async readImage(index: number, step: number, camera: number): Promise<Uint8Array | undefined> {
    const episode = this.#find(index);
    const key = this.#cameras[camera];
    if (episode === undefined || key === undefined || step < 0 || step >= episode.length) return undefined;
    const frame = await this.#dataset.frame(episode.fromIndex + step, { features: [key] });
    const { height, width, channels } = this.#dataset.imageSize(key);
    const image = cameraImage({ shape: [height, width, channels], data: frame.values[key] as Uint8Array });
    return image && encodeImage({ camera, ...image });
  }

  async close(): Promise<void> {
    await this.#dataset.close();
  }

  get #cameras(): string[] {
    const { features } = this.#dataset;
    return [...cameraKeys(features, "image"), ...cameraKeys(features, "video")].sort();
  }

  #find(index: number): EpisodeRecord | undefined {
    return this.#dataset.episodes.find(({ episodeIndex }) => episodeIndex === index);
  }

  /** Action and reward first, then observations. */
  #trackKeys(): string[] {
    const { features } = this.#dataset;
    const isTrack = (key: string) => {
      const feature = features[key]!;
      return isNumeric(feature) && elementCount(feature.shape) <= MAX_TRACK_SIZE;
    };
    const wanted = Object.keys(features).filter((key) => key.startsWith(OBSERVATION_PREFIX));
    return [ACTION, REWARD, ...wanted].filter((key) => features[key] !== undefined && isTrack(key));
  }

  async #trace(episode: EpisodeRecord): Promise<EpisodeTrace> {
    const known = this.#traces.get(episode.episodeIndex);
    if (known !== undefined) return known;
    const { features } = this.#dataset;
    const keys = [REWARD, IS_INTERVENTION].filter((key) => features[key] !== undefined);
    const table = keys.length === 0 ? undefined : await this.#dataset.readTable(episode, keys);
    const of = (key: string) => (table && keys.includes(key) ? Array.from(numbersOf(table, key)) : []);
    const rewards = of(REWARD);
    const interventions = of(IS_INTERVENTION).reduce<[number, number][]>(
      (all, steered, step) => (steered > 0 ? addStep(all, step) : all),
      [],
    );
    const trace: EpisodeTrace = {
      episode: episode.episodeIndex,
      length: episode.length,
      episodic_return: rewards.reduce((sum, reward) => sum + reward, 0),
      interventions,
      // Unknown without rewards.
      outcome: rewards.length === 0 ? "terminated" : rewards.at(-1)! > 0 ? "success" : "failure",
      undone: false,
    };
    this.#traces.set(episode.episodeIndex, trace);
    return trace;
  }
}

function nameOf(key: string): string {
  return key.replace(/^(observation|next)\./, "").replace(/^images\./, "");
}
