/**
 * Everything that learns, without threads, clocks or sockets: buffers, algorithm, counters, checkpoints. Equal calls give
 * equal results, so a saved and loaded run continues as if nothing had happened.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { type ActingWeights, averageWeights } from "../../algorithms/weight_average.ts";
import type { BatchSource } from "../../data/batch_source.ts";
import type { Transition } from "../../replay/transition.ts";
import { TransitionRejectedError } from "../../replay/validate_transition.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { runSettingsOf } from "../../settings/run_settings.ts";
import { assertDeviceStarts } from "../../tensor/backends/assert_device.ts";
import type { Random } from "../../tensor/random.ts";
import { serializeSafetensors } from "../../tensor/safetensors/bytes.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import { inTwoFiles, type WeightsInParts } from "../../transport/codec/all_weights.ts";
import {
  type LearnerTransportState,
  LearnerTransportStateSchema,
} from "../../transport/learner/received_watermarks.ts";
import type { FrozenWeights, RecordId } from "../../transport/messages.ts";
import type { CheckpointStore } from "../checkpoints/checkpoint_store.ts";
import type { TrainingCheckpoint } from "../checkpoints/contents.ts";
import { PRETRAINED_MODEL } from "../checkpoints/layout.ts";
import { algorithmOptions, compileOptions } from "../compilation/compile_options.ts";
import { ImageFeatures } from "../image_features/image_features.ts";
import { assertResumable } from "../run_folder/resumable.ts";
import { checkpointStoreOf, type RunFolder } from "../run_folder/run_folder.ts";
import { assertFiniteWeights, notFinite, quarantineSuspects, TrainingDivergedError } from "./divergence.ts";
import { EpisodeNumbers, EpisodeNumbersStateSchema } from "./episode_numbers.ts";
import { MeanMetrics } from "./mean_metrics.ts";
import { type LearnerBuffers, newOfflineRun, newRun, seededRandom } from "./new_run.ts";
import { type Relabel, type RelabelOutcome, RelabelQueue, RelabelQueueStateSchema } from "./relabel_queue.ts";
import { RLTrainer } from "./rl_trainer.ts";
import { buffersOf, withSource } from "./run_source.ts";

/** A transition as an actor sent it. */
export interface TransitionRecord {
  readonly id: RecordId;
  readonly transition: Transition;
}

/** A transition that no buffer may hold, and why. */
export interface RejectedRecord {
  readonly id: RecordId;
  readonly message: string;
}

export interface SavedCheckpoint {
  readonly folder: string;
  readonly step: number;
  readonly durationS: number;
}

export interface TrainingCoreOptions {
  readonly config: TrainRLServerPipelineConfig;
  readonly folder: RunFolder;
  /** Train on the config's `dataset` alone, without actors and replay buffers. Default: false. */
  readonly offline?: boolean;
  /** Generators of the run besides the learner's own, by name: saved with it, and set to where they stood when it resumes. */
  readonly generators?: Readonly<Record<string, Random>>;
  readonly warn?: (message: string) => void;
  /** Called with the progress of what takes long. */
  readonly inform?: (message: string) => void;
  /** Called with what the training steps run on. */
  readonly onEngine?: (message: string) => void;
}

type Messages = Required<Pick<TrainingCoreOptions, "warn" | "inform">>;

/** So many updates without a usable one between them are no accident of a batch. */
const MAX_UNDONE_IN_A_ROW = 10;

const RunStateSchema = z.object({
  run_id: z.string().min(1),
  transport: LearnerTransportStateSchema.nullable(),
  /** null without actors. */
  labels: RelabelQueueStateSchema.nullable(),
  /** Absent where no episode is known, and in checkpoints of earlier versions. */
  episodes: EpisodeNumbersStateSchema.optional(),
  /** Position of the batch source, if it has one. */
  source: z.unknown().optional(),
});

/** Experience received from actors. */
interface Replay {
  readonly buffers: LearnerBuffers;
  readonly relabels: RelabelQueue;
  readonly episodes: EpisodeNumbers;
}

type RunState = z.output<typeof RunStateSchema>;

export class TrainingCore {
  readonly config: TrainRLServerPipelineConfig;
  /** Names the training run, over all its processes. */
  readonly runId: string;
  /** How far the transport was when the checkpoint was saved; null at the beginning. */
  readonly transportState: LearnerTransportState | null;
  readonly #run: TrainingCheckpoint;
  /** Undefined without actors. */
  readonly #replay: Replay | undefined;
  readonly #store: CheckpointStore;
  readonly #source: BatchSource;
  readonly #trainer: RLTrainer;
  readonly #average: ActingWeights | undefined;
  /** Undefined where batches have images, or there are none. */
  readonly #imageFeatures: ImageFeatures | undefined;
  readonly #warmupSteps: number;
  readonly #warn: (message: string) => void;
  #frozen: FrozenWeights | undefined;
  #undoneInARow = 0;
  #interactionStep: number;
  /** Score of the checkpoint of that step. Default: of the next one. */
  #score: { readonly value: number; readonly step?: number } | undefined;
  #saved: Pick<SavedCheckpoint, "folder" | "step"> | undefined;

  private constructor(
    run: TrainingCheckpoint,
    source: BatchSource,
    store: CheckpointStore,
    runState: RunState | undefined,
    messages: Messages,
  ) {
    const { trainConfig: config, algorithm, processors } = run;
    this.config = config;
    this.runId = runState?.run_id ?? randomUUID();
    this.transportState = runState?.transport ?? null;
    this.#run = run;
    this.#store = store;
    this.#warn = messages.warn;
    this.#source = source;
    if (runState?.source !== undefined) source.restore?.(runState.source);
    this.#trainer = new RLTrainer({ algorithm, source, preprocessor: processors.preprocessor });
    const buffers = buffersOf(run);
    if (buffers !== undefined) {
      this.#replay = {
        buffers,
        relabels: new RelabelQueue(buffers, runState?.labels ?? undefined),
        episodes: runState?.episodes ? new EpisodeNumbers(runState.episodes) : EpisodeNumbers.after(buffers.offline),
      };
    }
    this.#imageFeatures = ImageFeatures.of(run, messages);
    const { weight_average } = config.handrail;
    if (weight_average !== null) {
      this.#average = averageWeights(algorithm, weight_average, run.actingWeights ?? algorithm.weights());
    }
    this.#warmupSteps = buffers === undefined ? 0 : runSettingsOf(config).warmUpSteps;
    this.#interactionStep = run.interactionStep;
    if (run.score !== undefined) this.#score = { value: run.score, step: run.step };
  }

  /**
   * A new run, or the one that `folder.resumeFrom` was saved of.
   *
   * @throws CheckpointError for a damaged checkpoint; Error for a config that does not go on with it, and for weights or
   * demonstrations that do not fit.
   */
  static async open(options: TrainingCoreOptions): Promise<TrainingCore> {
    const { config, folder, offline = false, generators = {}, warn = () => {}, inform = () => {}, onEngine } = options;
    const messages = { warn, inform };
    await assertDeviceStarts(config.handrail.device);
    const store = checkpointStoreOf(folder.path, config);
    const random = seededRandom(config);
    if (folder.resumeFrom === null) {
      const run = { ...(await (offline ? newOfflineRun : newRun)({ config, random, warn, onEngine })), generators };
      return await withSource(run, random, warn, (source) => new TrainingCore(run, source, store, undefined, messages));
    }
    const policy = compileOptions(config, onEngine);
    const algorithm = algorithmOptions(config, policy);
    const saved = await store.load(folder.resumeFrom, { policy, algorithm, warn });
    for (const notice of assertResumable(saved.trainConfig, config, folder.resumeFrom)) warn(notice);
    const runState = RunStateSchema.parse(saved.runState);
    for (const [name, random] of Object.entries(generators)) {
      const savedRandom = saved.generators[name];
      if (savedRandom !== undefined) random.state = savedRandom.state;
    }
    const run = { ...saved, generators, trainConfig: config };
    assertSameKind(run, offline, folder.resumeFrom);
    return await withSource(run, random, warn, (source) => new TrainingCore(run, source, store, runState, messages));
  }

  /** Compiles the training steps, ahead of the first update. An error is left to that. */
  async prepare(): Promise<void> {
    await this.#run.algorithm.prepare?.(this.config.batch_size).catch(() => {});
  }

  /** Updates made so far. */
  get step(): number {
    return this.#run.algorithm.optimizationStep;
  }

  /** Environment steps of all actors so far, demonstrations not counted. */
  get interactionStep(): number {
    return this.#interactionStep;
  }

  get onlineSize(): number {
    return this.#replay?.buffers.online.size ?? 0;
  }

  /** Without actors, the steps of the dataset. */
  get offlineSize(): number {
    return this.#replay?.buffers.offline.size ?? this.#source.size ?? 0;
  }

  get quarantined(): number {
    return Object.values(this.#replay?.buffers ?? {}).reduce((sum, buffer) => sum + buffer.quarantinedCount, 0);
  }

  /** Whether it trains on a dataset, without actors. */
  get isOffline(): boolean {
    return this.#replay === undefined;
  }

  /** Whether all updates of a run without actors are made. One with actors ends with their steps. */
  get isFinished(): boolean {
    return this.isOffline && this.step >= this.config.steps;
  }

  /**
   * Whether the warm-up is over, so that the first batches are not all alike, the source has a batch, and the images that the
   * run began with are encoded.
   */
  get warmedUp(): boolean {
    const encodes = this.#imageFeatures?.isBehind ?? false;
    return this.#interactionStep >= this.#warmupSteps && this.#source.isReady && !encodes;
  }

  /** Stored images that wait to be encoded, in frames; their transitions are not drawn yet. */
  get waitingFrames(): number {
    return this.#imageFeatures?.waiting ?? 0;
  }

  /** Encodes waiting images, for about as long as `milliseconds`; at least one frame. */
  async encodeImages(milliseconds = Number.POSITIVE_INFINITY): Promise<void> {
    await this.#imageFeatures?.encode(milliseconds);
  }

  /**
   * Stores what actors did; steps at which a person steered go into the offline buffer too. Each record must be given
   * once, in the order of its session.
   *
   * @returns the records that no buffer may hold: a number that is not finite, an action out of bounds.
   * @throws Error in a run without actors.
   */
  addTransitions(records: readonly TransitionRecord[]): RejectedRecord[] {
    const replay = this.#replay;
    if (replay === undefined) throw new Error(`a run without actors takes no transitions: it trains on a dataset`);
    const rejected: RejectedRecord[] = [];
    for (const { id, transition } of records) {
      this.#interactionStep += 1;
      try {
        addTo(replay, id, transition);
      } catch (error) {
        if (!(error instanceof TransitionRejectedError)) throw error;
        replay.relabels.stored(id, {});
        rejected.push({ id, message: error.message });
      }
    }
    return rejected;
  }

  /** Relabels a recent transition in every buffer that holds it. */
  relabel(relabel: Relabel): RelabelOutcome {
    return this.#replay?.relabels.correct(relabel) ?? "gone";
  }

  /**
   * Makes `updates` updates; none during the warm-up. One that gives numbers which are not finite is undone, and the
   * transitions of its batches that explain it are left out from then on.
   *
   * @returns the mean of every number that the updates reported; nothing when none was made.
   * @throws TrainingDivergedError after ten such updates in a row, or where the algorithm cannot undo one.
   */
  async train(updates: number): Promise<Record<string, number>> {
    const metrics = new MeanMetrics();
    for (let i = 0; i < updates && this.warmedUp && !this.isFinished; i++) {
      const stats = (await this.#trainer.trainingStep()).toLogDict();
      const problem = notFinite(stats);
      if (problem !== undefined) {
        this.#undoUpdate(problem);
        continue;
      }
      this.#undoneInARow = 0;
      this.#average?.afterUpdate();
      metrics.add(stats);
    }
    return metrics.take();
  }

  /** The weights for actors, as a safetensors file. @throws TrainingDivergedError for weights that are not finite. */
  weights(): Uint8Array<ArrayBuffer> {
    return serializeSafetensors(this.#actingWeights());
  }

  /** The weights for actors without the frozen ones, which are a file of their own: they never change. @throws as `weights`. */
  weightsInParts(): WeightsInParts {
    const parts = inTwoFiles(this.#actingWeights(), this.#run.algorithm.frozenWeights ?? new Set(), this.#frozen);
    this.#frozen = parts.frozen;
    return parts;
  }

  #actingWeights(): TensorRecord {
    const weights = this.#average?.weights() ?? this.#run.algorithm.weights();
    assertFiniteWeights(weights, this.step);
    return weights;
  }

  /**
   * How good the policy is now, such as its success rate: decides which checkpoint is kept as the best. Belongs to the
   * checkpoint of this very step if there is one, otherwise to the next.
   *
   * @throws RangeError unless it is finite.
   */
  async setScore(score: number): Promise<void> {
    if (!Number.isFinite(score)) throw new RangeError(`score must be a finite number, got ${score}`);
    const isSaved = this.#saved?.step === this.step;
    this.#score = isSaved ? { value: score, step: this.step } : { value: score };
    if (isSaved) await this.#store.rate(this.#saved!.folder, score);
  }

  /**
   * Saves the run. Add nothing and do not train until the promise settles.
   *
   * @param transport How far the transport was when the last record was added.
   */
  async save(transport: LearnerTransportState | null): Promise<SavedCheckpoint> {
    const begin = performance.now();
    const { step } = this;
    assertFiniteWeights(this.#run.algorithm.weights(), step);
    const scored = this.#score !== undefined && (this.#score.step ?? step) === step;
    const source = this.#source.state?.();
    const episodes = this.#replay?.episodes.state();
    const runState: z.input<typeof RunStateSchema> = {
      run_id: this.runId,
      transport,
      labels: this.#replay?.relabels.state() ?? null,
      ...(episodes !== undefined && { episodes }),
      ...(source !== undefined && { source }),
    };
    const { score: _ofStart, actingWeights: _then, ...run } = this.#run;
    const folder = await this.#store.save({
      ...run,
      ...(this.#average && { actingWeights: this.#average.weights() }),
      step,
      interactionStep: this.#interactionStep,
      runState,
      ...(scored && { score: this.#score!.value }),
    });
    if (scored) this.#score = { value: this.#score!.value, step };
    this.#saved = { folder, step };
    return { folder, step, durationS: (performance.now() - begin) / 1000 };
  }

  /** Frees the runtime's memory, and closes the dataset. */
  async dispose(): Promise<void> {
    await Promise.all([this.#run.algorithm.dispose(), this.#run.policy.dispose(), this.#source.close?.()]);
  }

  #undoUpdate(problem: string): void {
    const { algorithm } = this.#run;
    const undone = algorithm.undoUpdate?.() ?? false;
    this.#undoneInARow += 1;
    if (!undone || this.#undoneInARow >= MAX_UNDONE_IN_A_ROW) {
      const times = undone ? ` in ${this.#undoneInARow} updates one after the other, which were undone` : "";
      throw new TrainingDivergedError(
        `training diverged: ${problem} after update ${this.step}${times}. Go on from an earlier checkpoint, with lower ` +
          "learning rates or rewards of a smaller scale",
      );
    }
    const suspects = this.#replay ? quarantineSuspects(this.#trainer.drawn, this.#replay.buffers) : [];
    const consequence =
      suspects.length === 0
        ? "no transition of its batches stands out"
        : `transitions that stand out in its batches are left out from now on: ${suspects.join(", ")}`;
    this.#warn(`an update was undone because ${problem}; ${consequence}`);
  }
}

function addTo({ buffers, relabels, episodes }: Replay, id: RecordId, given: Transition): void {
  const { episode } = given;
  const transition = episode === undefined ? given : { ...given, episode: episodes.numberOf(id.session, episode) };
  const rows: { online: number; offline?: number } = { online: buffers.online.add(transition) };
  const isIntervention = (transition.complementaryInfo?.is_intervention ?? 0) !== 0;
  if (isIntervention) rows.offline = buffers.offline.add(transition);
  relabels.stored(id, rows);
}

function assertSameKind(run: TrainingCheckpoint, offline: boolean, checkpoint: string): void {
  if (offline === (buffersOf(run) === undefined)) return;
  const [was, command] = offline ? ["with actors", "train or learner"] : ["without actors", "learn"];
  throw new Error(
    `${checkpoint} is of a run ${was}: continue it with \`handrail ${command}\`, or begin a new run with its weights by ` +
      `policy.pretrained_path=${join(checkpoint, PRETRAINED_MODEL)}`,
  );
}
