/** Stored experience: transitions, buffers, and drawing rows from them. */
export { allocateBatch, type ReplayBatch } from "./batch.ts";
export type { WaitingFrame } from "./encoding/frame_images.ts";
export type { ImageEncoding } from "./encoding/image_encoding.ts";
export {
  type ActionFeature,
  type ArrayFeature,
  assertSameFeatures,
  type ComplementaryFeature,
  type ReplayFeatures,
} from "./features.ts";
export { forecastReplayMemory, type MemoryForecast } from "./layout.ts";
export { ReplayArchive, type ReplayArchiveOptions, type SavedReplay } from "./replay_archive.ts";
export { ReplayBuffer, type ReplayBufferOptions } from "./replay_buffer.ts";
export type { ReplaySource, ReplayStore } from "./replay_source.ts";
export type { ReplayBlock, ReplaySnapshot, ReplayState, StoredReplay } from "./snapshot.ts";
export type { ObservationArrays, Transition, TransitionAmendment } from "./transition.ts";
export { type RejectionReason, TransitionRejectedError } from "./validate_transition.ts";
