/** A source of episodes for playback: a run's recordings, or a dataset. */
import type { EpisodeTrace, Scene } from "../../protocol.ts";

export interface EpisodeSource {
  /** Numbers of the episodes that can be played back, ascending. */
  readonly episodes: readonly number[];
  /** The scene of the recorded poses; undefined without poses. */
  readScene(): Promise<Scene | undefined>;
  /** Length, return and outcome of each episode. */
  list(): Promise<readonly EpisodeTrace[]>;
  /** Bytes of `encodeRecording`; undefined if the episode does not exist. */
  read(episode: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Bytes of `encodeImage`; undefined if the image does not exist. @param camera index in the recording's list. */
  readImage?(episode: number, step: number, camera: number): Promise<Uint8Array | undefined>;
}
