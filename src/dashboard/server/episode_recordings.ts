/**
 * Episodes kept for replay in the run's folder, `recordings/`: always the latest ones, and all of them while recording
 * is on. Only the poses of bodies, some kilobytes per second of robot time.
 */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { POSE_SIZE } from "../../envs/scene_source.ts";
import { writeFileAtomic } from "../../utils/write_file_atomic.ts";
import { type EpisodeTrace, type Scene, SceneSchema } from "../protocol.ts";
import { encodeRecording } from "../recording_format.ts";

/** Episodes that are kept for a look back while recording is off. */
const KEPT_LATEST = 20;
/** Longer episodes are kept up to here. */
const MAX_STEPS = 10_000;
const SCENE_FILE = "scene.json";

export class EpisodeRecordings {
  readonly #folder: string;
  readonly #saved = new Set<number>();
  /** Saved while recording was off: these make room for later ones. */
  readonly #passing: number[] = [];
  #frames: Float32Array[] = [];
  #pending: Promise<void> = Promise.resolve();
  recording = false;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens the recordings of a run's folder; there may be none yet. */
  static async open(runFolder: string): Promise<EpisodeRecordings> {
    const recordings = new EpisodeRecordings(join(runFolder, "recordings"));
    for (const file of await readdir(recordings.#folder).catch(() => [])) {
      const number = /^episode_(\d+)\.bin$/.exec(file)?.[1];
      if (number !== undefined) recordings.#saved.add(Number(number));
    }
    return recordings;
  }

  get episodes(): number[] {
    return [...this.#saved].sort((a, b) => a - b);
  }

  /** The scene that the recorded poses belong to. */
  async readScene(): Promise<Scene | undefined> {
    const text = await readFile(join(this.#folder, SCENE_FILE), "utf8").catch(() => undefined);
    return text === undefined ? undefined : SceneSchema.parse(JSON.parse(text));
  }

  async writeScene(scene: Scene): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await writeFileAtomic(join(this.#folder, SCENE_FILE), JSON.stringify(scene));
  }

  startEpisode(): void {
    this.#frames = [];
  }

  /** @param poses are copied. */
  addStep(poses: Float32Array): void {
    if (this.#frames.length < MAX_STEPS) this.#frames.push(poses.slice());
  }

  /** Writes the episode in the background. @param onSaved is told when the file is there. */
  finishEpisode(trace: EpisodeTrace, controlFrequencyHz: number, onSaved: () => void): void {
    const frames = this.#frames;
    this.#frames = [];
    if (frames.length === 0) return;
    const keepForGood = this.recording;
    const size = frames[0]!.length;
    const poses = new Float32Array(frames.length * size);
    frames.forEach((frame, i) => {
      poses.set(frame, i * size);
    });
    const bytes = encodeRecording({
      format: 1,
      bodies: size / POSE_SIZE,
      steps: frames.length,
      control_frequency_hz: controlFrequencyHz,
      trace,
      poses,
    });
    this.#pending = this.#pending
      .then(async () => {
        await mkdir(this.#folder, { recursive: true });
        await writeFileAtomic(this.#file(trace.episode), bytes);
        this.#saved.add(trace.episode);
        if (!keepForGood) await this.#makeRoom(trace.episode);
        onSaved();
      })
      .catch(() => {}); // a full disk must not end the run; the episode is simply not offered
  }

  async read(episode: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (!this.#saved.has(episode)) return undefined;
    const content = await readFile(this.#file(episode)).catch(() => undefined);
    return content === undefined ? undefined : new Uint8Array(content);
  }

  /** Resolves when everything that was finished is written. */
  async settle(): Promise<void> {
    await this.#pending;
  }

  async #makeRoom(episode: number): Promise<void> {
    this.#passing.push(episode);
    if (this.#passing.length <= KEPT_LATEST) return;
    const oldest = this.#passing.shift()!;
    this.#saved.delete(oldest);
    await rm(this.#file(oldest), { force: true });
  }

  #file(episode: number): string {
    return join(this.#folder, `episode_${String(episode).padStart(6, "0")}.bin`);
  }
}
