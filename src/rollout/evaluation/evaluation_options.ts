/** Options of an evaluation, and its result per episode. */
import type { ProcessedEnv } from "../../envs/processed_env.ts";
import type { Policy } from "../../policies/policy.ts";
import type { PolicyProcessors } from "../../processors/policy_processors.ts";
import type { Teleoperator } from "../../teleoperators/teleoperator.ts";
import type { SwitchState } from "../control/stop_switch.ts";
import type { EpisodeObserver } from "../observer.ts";

export interface EvaluatePolicyOptions {
  readonly processedEnv: ProcessedEnv;
  readonly policy: Pick<Policy, "act" | "reset" | "weights">;
  readonly processors: PolicyProcessors;
  /**
   * The same environment and policy several times, each with its own processors: they share the episodes, side by side, in
   * place of the ones above. Same seeds, same results. Only for deterministic episodes without people and observers.
   */
  readonly players?: readonly Player[];
  /** 100 give ± 4 % at 95 % success. */
  readonly episodes: number;
  /** Episode i starts from seed + i, so that two policies meet the same starts. */
  readonly seed: number;
  /** The most likely action instead of a sample drawn from the policy's generator. Default: true. */
  readonly deterministic?: boolean;
  /** Optimisation step of the weights, where it is known. */
  readonly step?: number | null;
  /** May take over. Episodes in which one of them steers are reported separately. Default: none. */
  readonly teleoperators?: readonly Teleoperator[];
  readonly onEpisode?: (episode: EvaluatedEpisode) => void;
  /** Displays, a film. One that throws ends the evaluation. Episodes are numbered from 1. */
  readonly observers?: readonly EpisodeObserver[];
  /** Steps per second. Default: as fast as the environment goes. */
  readonly pacingHz?: number;
  /** Awaited before every step: a pace, a pause, a film that is behind. */
  readonly beforeStep?: (signal?: AbortSignal) => void | Promise<void>;
  /** While it is held nothing moves; the episode that was stopped is then played again, from the same seed. */
  readonly stopSwitch?: SwitchState | undefined;
  /** Ends the evaluation after the current step; the report then covers the episodes before. */
  readonly signal?: AbortSignal;
}

/** One of several that evaluate side by side. */
export type Player = Pick<EvaluatePolicyOptions, "processedEnv" | "policy" | "processors">;

export interface EvaluatedEpisode {
  /** From 0 on. */
  readonly episode: number;
  readonly seed: number;
  readonly success: boolean;
  /** Undiscounted. */
  readonly episodicReturn: number;
  /** Environment steps. */
  readonly length: number;
  /** Steps that a teleoperator steered. */
  readonly operatorSteps: number;
}
