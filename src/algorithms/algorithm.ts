/**
 * The contract of an algorithm: it owns the trainable parameters and pulls batches to update them. A new algorithm is a
 * class with a config and one registration (see `registerAlgorithm`).
 */

import type { Random, Shape, Tensor } from "../tensor/index.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import type { RLAlgorithmConfig } from "./config.ts";
import type { DataSpec } from "./data_spec.ts";
import type { TrainingStats } from "./training_stats.ts";

/** A minibatch in the network's units: normalised observations and actions, float32 throughout. */
export interface TrainingBatch {
  readonly size: number;
  /** `[size, …shape]` per input feature. Images may be encoded already (see `RLAlgorithm.imageEncoder`). */
  readonly observation: TensorRecord;
  /** Empty unless the algorithm's `dataSpec` asks for it. */
  readonly nextObservation: TensorRecord;
  /** `[size, actions]`; a discrete action is the last element and is not normalised. `[size, horizon, actions]` for chunks. */
  readonly action: Tensor;
  /** `[size]` */
  readonly reward: Tensor;
  /** `[size]`, 1 if the task ended. */
  readonly done: Tensor;
  /** `[size]`, 1 if the episode was cut short. */
  readonly truncated: Tensor;
  /** `[size]` per declared extra number. */
  readonly complementaryInfo: TensorRecord;
  /** `[size, horizon]`, 1 for steps beyond the episode's end, which repeat the last action. For chunks. */
  readonly actionIsPad?: Tensor;
  /** `[size]`, if `dataSpec.returns` asks for it. */
  readonly returns?: Tensor;
  /** `[size]`, if `dataSpec.nStep` asks for it: the factor of the value of `nextObservation`. */
  readonly bootstrapDiscount?: Tensor;
}

/** Supplies an update with as many batches as it needs. */
export interface BatchIterator {
  next(): Promise<TrainingBatch> | TrainingBatch;
}

/** An image encoder that training does not change: its features can be stored with the images. */
export interface FrozenImageEncoder {
  /** Shape of an image's features per camera, `[channels, height, width]`. */
  readonly featureShapes: Readonly<Record<string, Shape>>;
  /** Its tensors by name. */
  weights(): TensorRecord;
  /**
   * @param images `[n, …shape]` per camera, in the network's units.
   * @returns `[n, channels, height, width]` per camera.
   */
  encode(images: TensorRecord): Promise<TensorRecord>;
}

export interface RLAlgorithm {
  readonly config: RLAlgorithmConfig;
  /** Source of all random numbers in training: noise, dropout, critic subsets. Part of the saved state. */
  readonly random: Random;
  /** Updates made so far. */
  readonly optimizationStep: number;
  /** Batches per `update`, so that a data pipeline can prepare them. */
  readonly batchesPerUpdate: number;
  /** Required content of a batch. Default: single transitions. A learner refuses a source that cannot supply it. */
  readonly dataSpec?: DataSpec;
  /** If present, `update` takes this encoder's features in place of the images of all cameras. */
  readonly imageEncoder?: FrozenImageEncoder | undefined;
  /** Compiles what updates with batches of this size need, ahead of the first one, which would wait for it. */
  prepare?(batchSize: number): Promise<void>;
  /** One step of learning. @throws Error naming what a batch lacks; the parameters are then unchanged. */
  update(batches: BatchIterator): Promise<TrainingStats>;
  /**
   * Reverts the last update, except for the generator. It lets a learner survive a batch that produces non-finite numbers;
   * without it the run ends.
   *
   * @returns false if there is nothing to revert.
   */
  undoUpdate?(): boolean;
  /** The actor's weights, by the policy's tensor names. */
  weights(): TensorRecord;
  /** Names among `weights` whose tensors never change: actors receive them once. Default: none. */
  readonly frozenWeights?: ReadonlySet<string>;
  /** Replaces the result of `weights`. */
  loadWeights(weights: TensorRecord): void;
  /**
   * The moving average of `weights()`, if the algorithm was created with a `weightAverage` and keeps it as a part of its updates.
   * A learner averages for one that does not. `undoUpdate` reverts it, too.
   */
  averagedWeights?(): TensorRecord | undefined;
  /** Replaces the result of `averagedWeights`. Required with it. */
  loadAveragedWeights?(weights: TensorRecord): void;
  /** Trained state besides the policy: critics, targets, temperature. */
  stateDict(): TensorRecord;
  /** @throws Error listing missing, unexpected and misshapen tensors. */
  loadStateDict(tensors: TensorRecord): void;
  /** Optimisers, counters and generator: with weights and state dict, enough to continue bit for bit. */
  trainingState(): TrainingState;
  loadTrainingState(state: TrainingState): void;
  /** Frees the runtime's memory. */
  dispose(): Promise<void>;
}

export interface TrainingState {
  /** By name; `critic/…` belongs to the optimiser of that name, which checkpoints store in its own folder. */
  readonly optimizers: TensorRecord;
  /** Settings per optimiser as PyTorch's `param_groups`, for other programs; restoring reads the config instead. */
  readonly parameterGroups?: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  readonly optimizationStep: number;
  readonly random: readonly number[];
}
