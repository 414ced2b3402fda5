/** Saving a run and going on from where it was. */
export { CheckpointStore, type CheckpointStoreOptions, type LoadedCheckpoint } from "./checkpoint_store.ts";
export type { LoadCheckpointOptions, TrainingCheckpoint } from "./contents.ts";
export { CheckpointError } from "./layout.ts";
export type { CheckpointInfo } from "./retention.ts";
