/**
 * Streams poses, camera images and episode traces from the control loop to the pages. It is called at every control step,
 * does almost nothing without watchers, and limits the rate at which it sends.
 */
import { POSE_SIZE, type SceneSource } from "../../envs/scene_source.ts";
import { SCRIPTED_OPERATOR_ID } from "../../teleoperators/scripted/scripted_operator.ts";
import { encodeImage, encodePoses } from "../frames.ts";
import type { EpisodeTrace } from "../protocol.ts";
import { cameraImage, type ShapedArray } from "./camera_image.ts";
import type { EpisodeRecordings } from "./episodes/episode_recordings.ts";
import { type EndedEpisode, EpisodeTraces } from "./episodes/episode_traces.ts";

const POSES_INTERVAL_MS = 25;
const SLOW_INTERVAL_MS = 90;
const DEFAULT_FREQUENCY_HZ = 10;

/** One control step, with the values that watchers need. */
export interface LiveStep {
  /** The executed action. */
  readonly action: Float32Array;
  readonly reward: number;
  /** The reward model's success probability, in [0, 1]; null without one. */
  readonly successProbability: number | null;
  readonly isIntervention: boolean;
  /** `Teleoperator.id` of the teleoperator that steered; null for the policy. */
  readonly steeredBy: string | null;
  /** Environment steps of the actor so far. */
  readonly interactionStep: number;
  /** Observations after the step by name, camera images included. */
  readonly observation: Readonly<Record<string, ShapedArray>>;
}

export interface LiveStreamOptions {
  readonly scene?: SceneSource;
  readonly recordings?: EpisodeRecordings;
  readonly controlFrequencyHz?: number;
  readonly isWatched: () => boolean;
  readonly sendFrame: (frame: Uint8Array) => void;
  readonly onTrace: (trace: EpisodeTrace) => void;
  readonly onRecorded: () => void;
  /** Called before the first image of a camera. */
  readonly onCamera: () => void;
}

export class LiveStream {
  readonly traces = new EpisodeTraces();
  readonly #options: LiveStreamOptions;
  readonly #poses: Float32Array | undefined;
  /** At the latest step; undefined before the first step and between episodes. */
  steeredBy: string | null | undefined;
  interactionStep = 0;
  #episode = 0;
  #step = 0;
  #posesSentMs = Number.NEGATIVE_INFINITY;
  #slowSentMs = Number.NEGATIVE_INFINITY;
  #latestPoses: Uint8Array | undefined;
  /** In order of first appearance; the index identifies a camera in the protocol. */
  readonly #cameras: string[] = [];

  constructor(options: LiveStreamOptions) {
    this.#options = options;
    if (options.scene) this.#poses = new Float32Array(options.scene.description.bodies * POSE_SIZE);
  }

  get cameras(): readonly string[] {
    return this.#cameras;
  }

  /** The last frame sent, for pages that open while the robot is idle. */
  get latestPoses(): Uint8Array | undefined {
    return this.#latestPoses;
  }

  startEpisode(episode: number): void {
    this.#episode = episode;
    this.#step = 0;
    this.traces.start(episode);
    this.#options.recordings?.startEpisode();
    this.#readPoses();
    this.#sendPoses();
  }

  step(step: LiveStep): void {
    const { reward, successProbability, isIntervention, steeredBy, interactionStep, observation } = step;
    this.#step++;
    this.steeredBy = steeredBy;
    this.interactionStep = interactionStep;
    const isPerson = steeredBy !== null && steeredBy !== SCRIPTED_OPERATOR_ID;
    this.traces.step(reward, isIntervention, isPerson, successProbability);
    this.#readPoses();
    if (this.#poses) this.#options.recordings?.addStep(this.#poses, step);
    if (!this.#options.isWatched()) return;
    const now = performance.now();
    if (now - this.#posesSentMs >= POSES_INTERVAL_MS) {
      this.#posesSentMs = now;
      this.#sendPoses();
    }
    if (now - this.#slowSentMs < SLOW_INTERVAL_MS) return;
    this.#slowSentMs = now;
    this.#sendImages(observation);
    if (this.traces.current) this.#options.onTrace(this.traces.current);
  }

  finishEpisode(episode: EndedEpisode): void {
    if (!episode.correction) this.steeredBy = undefined;
    const trace = this.traces.finish(episode);
    this.#options.onTrace(trace);
    if (episode.correction) return;
    this.#sendPoses();
    const { recordings, onRecorded, controlFrequencyHz = DEFAULT_FREQUENCY_HZ } = this.#options;
    recordings?.finishEpisode(trace, controlFrequencyHz, onRecorded);
  }

  #readPoses(): void {
    if (this.#poses) this.#options.scene?.readPoses(this.#poses);
  }

  #sendPoses(): void {
    if (this.#poses === undefined) return;
    this.#latestPoses = encodePoses({ episode: this.#episode, step: this.#step, poses: this.#poses });
    this.#options.sendFrame(this.#latestPoses);
  }

  #sendImages(observation: LiveStep["observation"]): void {
    for (const [name, array] of Object.entries(observation)) {
      const image = cameraImage(array);
      if (image === undefined) continue;
      if (!this.#cameras.includes(name)) {
        this.#cameras.push(name);
        this.#options.onCamera();
      }
      this.#options.sendFrame(encodeImage({ camera: this.#cameras.indexOf(name), ...image }));
    }
  }
}
