/**
 * Records a dataset from a control loop: a frame costs the loop a copy of its arrays; everything else (encoding,
 * statistics, files) happens in a worker thread.
 */
import type { TransferListItem, Worker } from "node:worker_threads";
import { startWorker } from "../../utils/threads/start_worker.ts";
import type { EpisodeRecord } from "../meta/episodes.ts";
import type { DatasetInfo } from "../meta/info.ts";
import { silenceEncoders } from "../video/node_av.ts";
import type { SaveEpisodeOptions } from "./dataset_writer.ts";
import type { CreateDatasetOptions, ResumeDatasetOptions } from "./dataset_writer_options.ts";
import { FrameCheck, type FrameInput, type FrameValue } from "./frame_input.ts";
import type {
  OpenedDataset,
  RecorderReply,
  RecorderRequest,
  RecorderValue,
  RecorderWorkerData,
} from "./recorder_messages.ts";
import { type StepOfTransition, stepValues } from "./write_transitions.ts";

/** Frames that may wait for the worker; beyond it, recording waits. 256 pairs of 128 × 128 images are 25 MB. */
const QUEUE_LIMIT = 256;

interface Waiting {
  readonly resolve: (reply: RecorderReply) => void;
  readonly reject: (error: Error) => void;
}

export class DatasetRecorder {
  /** Folder of the dataset. */
  readonly root: string;
  readonly #worker: Worker;
  /** Requests whose reply is awaited, in order. */
  readonly #waiting: Waiting[] = [];
  #opened: OpenedDataset | undefined;
  #check: FrameCheck | undefined;
  #queuedFrames = 0;
  #frames = 0;
  #episodes = 0;
  /** Why the current episode cannot be saved. */
  #failure: Error | undefined;
  #gone: Error | undefined;
  #room: (() => void)[] = [];

  private constructor(data: RecorderWorkerData) {
    this.root = data.options.root;
    silenceEncoders();
    this.#worker = startWorker("dataset_recorder.worker", import.meta.url, { workerData: data });
    this.#worker.on("message", (reply: RecorderReply) => this.#waiting.shift()?.resolve(reply));
    this.#worker.on("error", (error) => this.#abandon(error));
    this.#worker.on("exit", () => this.#abandon(new Error("the recorder's worker thread has ended")));
  }

  /** @throws Error like `DatasetWriter.create`. */
  static create(options: CreateDatasetOptions): Promise<DatasetRecorder> {
    return DatasetRecorder.#start({ open: "create", options });
  }

  /** @throws Error like `DatasetWriter.resume`. */
  static resume(options: ResumeDatasetOptions): Promise<DatasetRecorder> {
    return DatasetRecorder.#start({ open: "resume", options });
  }

  static async #start(data: RecorderWorkerData): Promise<DatasetRecorder> {
    const recorder = new DatasetRecorder(data);
    try {
      const { value } = await recorder.#ask({ type: "opened" });
      recorder.#opened = value as OpenedDataset;
      recorder.#check = new FrameCheck(recorder.#opened.info.features);
      recorder.#episodes = recorder.#opened.info.total_episodes;
      return recorder;
    } catch (error) {
      await recorder.#worker.terminate();
      throw error;
    }
  }

  /** The dataset's info when recording began. */
  get info(): DatasetInfo {
    return this.#opened!.info;
  }

  /** See `DatasetWriter.lostEpisode`. */
  get lostEpisode(): boolean {
    return this.#opened!.lostEpisode;
  }

  /** Episodes in the dataset. */
  get episodes(): number {
    return this.#episodes;
  }

  /** Number of frames in the current episode. */
  get frames(): number {
    return this.#frames;
  }

  /** Frames waiting for the worker thread: near the limit of 256 the disk or the encoder is too slow. */
  get queuedFrames(): number {
    return this.#queuedFrames;
  }

  /**
   * Adds a frame to the current episode. Returns at once unless the queue is full: then the promise waits for room, because
   * frames are never dropped.
   *
   * @throws Error naming what does not fit, or why the episode can no longer be recorded.
   */
  async record(frame: FrameInput, task: string): Promise<void> {
    await this.#record("frame", frame, task);
  }

  /**
   * Adds a step with channels-first images to a dataset created with `stepFeatures`: like `record` with the frame of
   * `stepFrame`, but the worker thread converts the images, so that the robot need not wait.
   */
  async recordStep(transition: StepOfTransition, task: string): Promise<void> {
    await this.#record("step", stepValues(transition), task);
  }

  async #record(type: "frame" | "step", frame: FrameInput, task: string): Promise<void> {
    this.#assertUsable();
    this.#check!.assert(frame);
    if (task === "") throw new Error("a frame needs the text of its task");
    const copy: Record<string, FrameValue> = {};
    const transfer: TransferListItem[] = [];
    for (const [key, value] of Object.entries(frame)) {
      if (typeof value === "object" && ArrayBuffer.isView(value)) {
        const array = (value as Uint8Array).slice();
        copy[key] = array;
        transfer.push(array.buffer as ArrayBuffer);
      } else copy[key] = value;
    }
    this.#queuedFrames++;
    this.#frames++;
    this.#ask({ type, frame: copy, task }, transfer).then(
      () => this.#frameDone(),
      (error: Error) => {
        this.#failure ??= error;
        this.#frameDone();
      },
    );
    if (this.#queuedFrames >= QUEUE_LIMIT) await new Promise<void>((resolve) => this.#room.push(resolve));
  }

  /**
   * Saves the current episode. If this fails the episode is kept: save again, or discard it.
   *
   * @param start Start of the episode, if known: needed to replay it.
   */
  async saveEpisode({ start }: SaveEpisodeOptions = {}): Promise<EpisodeRecord> {
    this.#assertUsable();
    const { value } = await this.#ask({ type: "save", start });
    this.#frames = 0;
    this.#episodes++;
    return value as EpisodeRecord;
  }

  /** Drops the current episode. */
  async discardEpisode(): Promise<void> {
    await this.#ask({ type: "discard" });
    this.#failure = undefined;
    this.#frames = 0;
  }

  /** Ends recording. @throws Error if an episode is neither saved nor discarded. */
  async close(): Promise<void> {
    if (this.#frames > 0) throw new Error(`an episode of ${this.#frames} frames is neither saved nor discarded`);
    if (this.#gone) throw this.#gone;
    await this.#ask({ type: "close" });
    await this.#worker.terminate();
  }

  #ask(
    request: RecorderRequest,
    transfer: readonly TransferListItem[] = [],
  ): Promise<{ readonly value?: RecorderValue }> {
    if (this.#gone) return Promise.reject(this.#gone);
    this.#worker.postMessage(request, transfer);
    return new Promise<RecorderReply>((resolve, reject) => this.#waiting.push({ resolve, reject })).then((reply) => {
      if (!reply.ok) throw new Error(reply.message);
      return reply;
    });
  }

  #frameDone(): void {
    this.#queuedFrames--;
    for (const resolve of this.#room.splice(0)) resolve();
  }

  #abandon(error: Error): void {
    this.#gone ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#gone);
  }

  #assertUsable(): void {
    const problem = this.#gone ?? this.#failure;
    if (problem) throw problem;
  }
}
