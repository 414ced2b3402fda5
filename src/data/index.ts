/** Training data for algorithms: sources of batches, from replay buffers or datasets. */
export type { BatchSource, SourceBatch } from "./batch_source.ts";
export { type MakeMixer, type MixerOptions, registerMixer } from "./mixers.ts";
export { DatasetSource, type DatasetSourceOptions } from "./sources/dataset/dataset_source.ts";
export { OnlineOfflineMixer, type OnlineOfflineMixerOptions } from "./sources/online_offline_mixer.ts";
