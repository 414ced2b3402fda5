/** Mixers by name: they build a learner's batches from its replay buffers. A plug-in calls `registerMixer`. */
import { z } from "zod";
import type { DataSpec } from "../algorithms/data_spec.ts";
import type { ReplaySource } from "../replay/replay_source.ts";
import { didYouMean } from "../utils/text/nearest.ts";
import type { BatchSource } from "./batch_source.ts";
import { OnlineOfflineMixer } from "./sources/online_offline_mixer.ts";

export interface MixerOptions {
  /** Experience of the actors. Rows drawn from it have 0 in `sources`. */
  readonly online: ReplaySource;
  /** Demonstrations and interventions. Rows drawn from it have 1 in `sources`. */
  readonly offline: ReplaySource;
  /** `batch_size` of the config. */
  readonly batchSize: number;
  /** `online_ratio` of the config. */
  readonly onlineRatio: number;
  /** The algorithm's data spec. */
  readonly dataSpec: DataSpec;
  readonly warn: (message: string) => void;
}

/** Must draw nothing from the buffers before the first batch, and give the same batches after a restore. */
export type MakeMixer = (options: MixerOptions) => BatchSource;

export const DEFAULT_MIXER = "online_offline";

const mixers = new Map<string, MakeMixer>([[DEFAULT_MIXER, (options) => new OnlineOfflineMixer(options)]]);

/**
 * Makes a mixer available to the config's `mixer`.
 *
 * @throws Error if the name is taken.
 */
export function registerMixer(name: string, make: MakeMixer): void {
  if (mixers.has(name)) throw new Error(`the mixer "${name}" is already registered`);
  mixers.set(name, make);
}

/** The name of a mixer that is registered when the config is parsed. */
export const MixerNameSchema = z.string().superRefine((name, context) => {
  const problem = unknownMixer(name);
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
});

/** @throws Error for an unregistered name. */
export function makeMixer(name: string, options: MixerOptions): BatchSource {
  const problem = unknownMixer(name);
  if (problem !== undefined) throw new Error(problem);
  return mixers.get(name)!(options);
}

export function isMixer(name: string): boolean {
  return mixers.has(name);
}

function unknownMixer(name: string): string | undefined {
  if (mixers.has(name)) return undefined;
  const known = [...mixers.keys()];
  const list = known.map((each) => `"${each}"`).join(", ");
  return `unknown mixer "${name}".${didYouMean(name, known)} Known: ${list}`;
}
