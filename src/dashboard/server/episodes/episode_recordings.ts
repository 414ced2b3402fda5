/**
 * Stores episodes for playback in the run's `recordings/`: always the latest ones, and all of them while recording is on.
 * Body poses, actions and rewards: a few kilobytes per second of robot time.
 */
import { open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { POSE_SIZE } from "../../../envs/scene_source.ts";
import { makeFolder } from "../../../utils/files/make_folder.ts";
import { readJsonFile } from "../../../utils/files/read_json_file.ts";
import { writeFileAtomic } from "../../../utils/files/write_file_atomic.ts";
import { type EpisodeTrace, type Scene, SceneSchema } from "../../protocol.ts";
import { decodeRecordingHeader, encodeRecording, type Track } from "../../recording_format.ts";
import type { EpisodeSource } from "./episode_source.ts";

const MAX_SCENE_BYTES = 64 * 2 ** 20;
/** Episodes that are kept while recording is off. */
const KEPT_LATEST = 20;
/** Longer episodes are truncated. */
const MAX_STEPS = 10_000;
/** Labels of a 4-D end-effector action. */
const ARM_ACTION = ["x", "y", "z", "gripper"] as const;
/** Larger than any header. */
const HEADER_BYTES = 16_384;
const SCENE_FILE = "scene.json";

/** Values of a step, besides the poses. */
export interface RecordedStep {
  readonly action: Float32Array;
  readonly reward: number;
  /** The reward model's, in [0, 1]; null without one. */
  readonly successProbability: number | null;
}

export class EpisodeRecordings implements EpisodeSource {
  readonly #folder: string;
  readonly #saved = new Set<number>();
  /** Saved while recording was off, oldest first: later ones replace them. */
  readonly #temporary: number[] = [];
  /** Cache by episode. */
  readonly #traces = new Map<number, EpisodeTrace>();
  #frames: Float32Array[] = [];
  #steps: RecordedStep[] = [];
  #pending: Promise<void> = Promise.resolve();
  recording = false;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens the recordings of a run's folder, which may have none yet. */
  static async open(runFolder: string): Promise<EpisodeRecordings> {
    const recordings = new EpisodeRecordings(join(runFolder, "recordings"));
    await recordings.refresh();
    return recordings;
  }

  /** Reads the folder again: another process may write to it. */
  async refresh(): Promise<void> {
    const files = await readdir(this.#folder).catch(() => []);
    const numbers = files.flatMap((file) => /^episode_(\d+)\.bin$/.exec(file)?.[1] ?? []).map(Number);
    this.#saved.clear();
    for (const number of numbers) this.#saved.add(number);
  }

  get episodes(): number[] {
    return [...this.#saved].sort((a, b) => a - b);
  }

  /** The scene of the recorded poses. */
  async readScene(): Promise<Scene | undefined> {
    const scene = await readJsonFile(join(this.#folder, SCENE_FILE), MAX_SCENE_BYTES).catch(() => undefined);
    return scene === undefined ? undefined : SceneSchema.parse(scene);
  }

  async writeScene(scene: Scene): Promise<void> {
    await makeFolder(this.#folder);
    await writeFileAtomic(join(this.#folder, SCENE_FILE), JSON.stringify(scene));
  }

  startEpisode(): void {
    this.#frames = [];
    this.#steps = [];
  }

  /** @param poses and `step` are copied. */
  addStep(poses: Float32Array, { action, reward, successProbability }: RecordedStep): void {
    if (this.#frames.length >= MAX_STEPS) return;
    this.#frames.push(poses.slice());
    this.#steps.push({ action: action.slice(), reward, successProbability });
  }

  async list(): Promise<readonly EpisodeTrace[]> {
    const traces: EpisodeTrace[] = [];
    for (const episode of this.episodes) {
      const trace = this.#traces.get(episode) ?? (await this.#readTrace(episode));
      if (trace !== undefined) traces.push(trace);
    }
    return traces;
  }

  /** Writes the episode in the background. @param onSaved called when the file is written. */
  finishEpisode(trace: EpisodeTrace, controlFrequencyHz: number, onSaved: () => void): void {
    const frames = this.#frames;
    const steps = this.#steps;
    this.startEpisode();
    if (frames.length === 0) return;
    const keepAlways = this.recording;
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
      ...tracksOf(steps),
      cameras: [],
      poses,
    });
    this.#pending = this.#pending
      .then(async () => {
        await makeFolder(this.#folder);
        await writeFileAtomic(this.#file(trace.episode), bytes);
        this.#saved.add(trace.episode);
        this.#traces.set(trace.episode, trace);
        if (!keepAlways) await this.#deleteOldest(trace.episode);
        onSaved();
      })
      .catch(() => {}); // a full disk must not end the run; the episode is then missing from the list
  }

  async read(episode: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (!this.#saved.has(episode)) return undefined;
    const content = await readFile(this.#file(episode)).catch(() => undefined);
    return content === undefined ? undefined : new Uint8Array(content);
  }

  /** Resolves when all finished episodes are written. */
  async settle(): Promise<void> {
    await this.#pending;
  }

  async #deleteOldest(episode: number): Promise<void> {
    this.#temporary.push(episode);
    if (this.#temporary.length <= KEPT_LATEST) return;
    const oldest = this.#temporary.shift()!;
    this.#saved.delete(oldest);
    this.#traces.delete(oldest);
    await rm(this.#file(oldest), { force: true });
  }

  /** @returns undefined for a file that is not a recording. */
  async #readTrace(episode: number): Promise<EpisodeTrace | undefined> {
    const file = await open(this.#file(episode)).catch(() => undefined);
    if (file === undefined) return undefined;
    try {
      const start = new Uint8Array(HEADER_BYTES);
      const { bytesRead } = await file.read(start, 0, HEADER_BYTES, 0);
      const { trace } = decodeRecordingHeader(start.buffer.slice(0, bytesRead)).header;
      this.#traces.set(episode, trace);
      return trace;
    } catch {
      return undefined;
    } finally {
      await file.close();
    }
  }

  #file(episode: number): string {
    return join(this.#folder, `episode_${String(episode).padStart(6, "0")}.bin`);
  }
}

function tracksOf(steps: readonly RecordedStep[]): { tracks: Track[]; values: Float32Array[] } {
  const size = steps[0]?.action.length ?? 0;
  const names = size === ARM_ACTION.length ? ARM_ACTION : Array.from({ length: size }, (_, i) => `${i}`);
  const actions = new Float32Array(steps.length * size);
  steps.forEach(({ action }, i) => {
    actions.set(action, i * size);
  });
  const single = (name: string, of: (step: RecordedStep) => number) => {
    return { track: { name, labels: [name] }, values: Float32Array.from(steps, of) };
  };
  const isJudged = steps.some(({ successProbability }) => successProbability !== null);
  const tracks = [
    ...(size === 0 ? [] : [{ track: { name: "action", labels: [...names] }, values: actions }]),
    single("reward", ({ reward }) => reward),
    ...(isJudged ? [single("success probability", ({ successProbability }) => successProbability ?? 0)] : []),
  ];
  return { tracks: tracks.map(({ track }) => track), values: tracks.map(({ values }) => values) };
}
