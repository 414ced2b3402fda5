/** An actor's status, reported once a second. */
import type { ACTOR_STATES, UntimedRunEvent } from "../../metrics/run_event.ts";
import type { ActorEndpoint, SenderMetrics } from "../../transport/transport.ts";
import type { RecentValues } from "../../utils/recent_values.ts";
import type { ControlClock } from "../control/control_clock.ts";

export type ActorState = (typeof ACTOR_STATES)[number];

export interface ActorStatusOptions {
  readonly name: string;
  readonly endpoint: Pick<ActorEndpoint, "metrics">;
  readonly clock: Pick<ControlClock, "jitter">;
  /** Durations of the latest policy inferences, milliseconds. */
  readonly policyMs: RecentValues;
}

/** Records that the learner has not taken yet. The outbox also holds records that only wait for a checkpoint. */
export function unreceived({ records, received, durable }: SenderMetrics): number {
  return records - Math.max(0, received - durable);
}

export class ActorStatus {
  readonly #options: ActorStatusOptions;
  #reportedMs = performance.now();
  #reportedStep: number | undefined;

  constructor(options: ActorStatusOptions) {
    this.#options = options;
  }

  event(now: {
    readonly state: ActorState;
    readonly interactionStep: number;
    readonly weightsVersion: number;
  }): UntimedRunEvent {
    const { name, endpoint, clock, policyMs } = this.#options;
    const { connected, weightsAgeS, transitions } = endpoint.metrics();
    const jitter = clock.jitter();
    const [policy_p50_ms, policy_p99_ms] = policyMs.quantiles(0.5, 0.99) as [number, number];
    const seconds = (performance.now() - this.#reportedMs) / 1000;
    const steps = now.interactionStep - (this.#reportedStep ?? now.interactionStep);
    this.#reportedMs = performance.now();
    this.#reportedStep = now.interactionStep;
    return {
      type: "actor",
      actor: name,
      interaction_step: now.interactionStep,
      state: now.state,
      control_frequency_hz: seconds > 0 ? steps / seconds : 0,
      control_jitter_p50_ms: jitter.p50Ms,
      control_jitter_p99_ms: jitter.p99Ms,
      policy_p50_ms,
      policy_p99_ms,
      parameters_version: now.weightsVersion,
      parameters_age_s: weightsAgeS,
      connected,
      outbox_records: unreceived(transitions),
      outbox_bytes: transitions.memoryBytes + transitions.diskBytes,
    };
  }
}
