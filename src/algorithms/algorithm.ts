/**
 * The contract of an algorithm: it owns the parameters that learn, and pulls batches to improve them. Adding one is a
 * class with a config and one registration (see `registerAlgorithm`).
 */

import type { Random, Tensor } from "../tensor/index.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import type { RLAlgorithmConfig } from "./config.ts";
import type { DataSpec } from "./data_spec.ts";
import type { TrainingStats } from "./training_stats.ts";

/** A minibatch in the network's units: normalised observations and actions, float32 throughout. */
export interface TrainingBatch {
  readonly size: number;
  /** `[size, …shape]` per input feature. */
  readonly observation: TensorRecord;
  /** Empty where the algorithm's `dataSpec` does not ask for it. */
  readonly nextObservation: TensorRecord;
  /** `[size, actions]`; a discrete command is the last element and is not normalised. `[size, horizon, actions]` for chunks. */
  readonly action: Tensor;
  /** `[size]` */
  readonly reward: Tensor;
  /** `[size]`, 1 where the task itself ended. */
  readonly done: Tensor;
  /** `[size]`, 1 where the episode was cut short. */
  readonly truncated: Tensor;
  /** `[size]` per declared extra number. */
  readonly complementaryInfo: TensorRecord;
  /** `[size, horizon]`, 1 where the episode has no such step: there the last action is repeated. For chunks. */
  readonly actionIsPad?: Tensor;
  /** `[size]`, where `dataSpec.returns` asks for it. */
  readonly returns?: Tensor;
  /** `[size]`, where `dataSpec.nStep` asks for it: what the value of `nextObservation` is multiplied by. */
  readonly bootstrapDiscount?: Tensor;
}

/** Where an update pulls its batches from, as many as it needs. */
export interface BatchIterator {
  next(): Promise<TrainingBatch> | TrainingBatch;
}

export interface RLAlgorithm {
  readonly config: RLAlgorithmConfig;
  /** Drives everything random in training: noise, dropout, critic subsets. Part of the saved state. */
  readonly random: Random;
  /** Updates made so far. */
  readonly optimizationStep: number;
  /** Batches that one `update` pulls: what a data pipeline may prepare ahead. */
  readonly batchesPerUpdate: number;
  /** What its batches must hold. Default: single transitions. A learner refuses a source that cannot give it. */
  readonly dataSpec?: DataSpec;
  /** One step of learning. @throws Error naming what a batch lacks; nothing is then learned from that batch. */
  update(batches: BatchIterator): Promise<TrainingStats>;
  /**
   * Takes back the last update, all but what it drew from the generator. A learner then survives a batch that gives numbers
   * which are not finite; without this it ends there.
   *
   * @returns false where there is nothing to take back.
   */
  undoUpdate?(): boolean;
  /** What an actor needs to act, by the policy's tensor names. */
  weights(): TensorRecord;
  /** Replaces what `weights` returns. */
  loadWeights(weights: TensorRecord): void;
  /** What the algorithm learns besides the policy: critics, targets, temperature. */
  stateDict(): TensorRecord;
  /** @throws Error listing missing, unexpected and misshapen tensors. */
  loadStateDict(tensors: TensorRecord): void;
  /** Optimisers, counters and generator: with weights and state dict, enough to continue to the last bit. */
  trainingState(): TrainingState;
  loadTrainingState(state: TrainingState): void;
  /** Frees the runtime's memory. */
  dispose(): Promise<void>;
}

export interface TrainingState {
  /** By name; a name `critic/…` belongs to the optimiser of that name, which checkpoints keep in a folder of its own. */
  readonly optimizers: TensorRecord;
  /** Settings per optimiser as PyTorch's `param_groups`, for other programs: restoring takes them from the config. */
  readonly parameterGroups?: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  readonly optimizationStep: number;
  readonly random: readonly number[];
}
