/** Where episodes for playing back come from: a run's own recordings, or a dataset. */
import type { EpisodeTrace, Scene } from "../../protocol.ts";

export interface EpisodeSource {
  /** Numbers of the episodes that can be played back, ascending. */
  readonly episodes: readonly number[];
  /** The scene that recorded poses belong to; undefined where none are recorded. */
  readScene(): Promise<Scene | undefined>;
  /** How each of them went, as a list shows it. */
  list(): Promise<readonly EpisodeTrace[]>;
  /** `encodeRecording`'s bytes; undefined where there is no such episode. */
  read(episode: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** `encodeImage`'s bytes of a camera (index in the recording's list) at a step; undefined where there is none. */
  readImage?(episode: number, step: number, camera: number): Promise<Uint8Array | undefined>;
}
