/** Options of an actor, and its summary. */
import type { ProcessedEnv } from "../../envs/processed_env.ts";
import type { RunEvents } from "../../metrics/run_events.ts";
import type { Policy } from "../../policies/policy.ts";
import type { PolicyProcessors } from "../../processors/policy_processors.ts";
import type { ReplayFeatures } from "../../replay/features.ts";
import type { Teleoperator } from "../../teleoperators/teleoperator.ts";
import type { Random } from "../../tensor/random.ts";
import type { ActorEndpoint } from "../../transport/transport.ts";
import type { Pace } from "../control/pace.ts";
import type { WatchdogSettings } from "../control/watchdog.ts";
import type { ActorObserver } from "../observer.ts";

export interface ActorOptions {
  /** For events and metrics. Default: `"actor"`. */
  readonly name?: string;
  readonly processedEnv: ProcessedEnv;
  readonly policy: Pick<Policy, "act" | "reset" | "loadWeights">;
  readonly processors: PolicyProcessors;
  /** Features of every sent transition. */
  readonly features: ReplayFeatures;
  readonly endpoint: ActorEndpoint;
  readonly events: RunEvents;
  /** May take over, in order of precedence: people before scripted operators. */
  readonly teleoperators?: readonly Teleoperator[];
  readonly observers?: readonly ActorObserver[];
  /** Steps per second on a real clock, evaluated before every step. Default: as fast as possible. */
  readonly pace?: Pick<Pace, "frequencyHz">;
  /** Seconds between episodes, to put the object back. */
  readonly resetTimeS?: number;
  /** Environment steps after which the run ends, including those of earlier processes. */
  readonly steps: number;
  /** Steps taken by earlier processes. */
  readonly stepsTaken?: number;
  /** Draws the seeds of every episode and its exploration. Of earlier episodes, only the weights affect the next one. */
  readonly random: Random;
  /** Share of the episodes in which the policy acts without exploration noise, in [0, 1]. Default: 0. */
  readonly deterministicEpisodes?: number;
  readonly watchdog: WatchdogSettings;
  /** Whether the run continues with a reset after a sensor failed, or ends. Default: it continues. */
  readonly onSensorFault?: "continue" | "stop";
  /** Transitions the learner may be behind before the robot waits for it. Default: as many as the outbox holds. */
  readonly maxAhead?: number;
  /** The learner's turn in lockstep, after every step. @returns the version of weights that the next step waits for. */
  readonly afterStep?: () => Promise<number | undefined>;
  /** Ends the run after the current step. */
  readonly signal?: AbortSignal;
}

export interface ActorSummary {
  readonly reason: "steps" | "stopped";
  /** Taken in this process. */
  readonly steps: number;
  readonly episodes: number;
  readonly successes: number;
  readonly interventionSteps: number;
  /** Episodes ended by a broken sensor. */
  readonly sensorFaults: number;
}
