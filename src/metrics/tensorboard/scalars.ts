/** Maps a run's events to scalars, with the tags documented in docs/metrics.md. Pure. */
import { DEFAULT_WINDOW_EPISODES, type SuccessShares } from "../learning_curve.ts";
import { countsForPolicy, type RunEvent, type RunEventOf } from "../run_event.ts";
import type { ScalarValue } from "./event_message.ts";

/** Null without a value: a share of no episodes, a cycle time without a success. */
type Scalar<Source> = readonly [tag: string, description: string, value: (source: Source) => number | null];

const WINDOW = `over the last ${DEFAULT_WINDOW_EPISODES} episodes`;

const EPISODE: readonly Scalar<RunEventOf<"episode">>[] = [
  ["episode/return", "Sum of an episode's rewards, with or without help", (event) => event.episodic_return],
  ["episode/length", "Control steps of an episode", (event) => event.episode_length],
  ["episode/duration_s", "Seconds of an episode", (event) => event.duration_s],
];

const SHARES: readonly Scalar<SuccessShares>[] = [
  ["episode/autonomous_success", `Success share of the episodes without help, ${WINDOW}`, (s) => s.autonomousSuccess],
  ["episode/assisted_success", `Success share of the episodes with help, ${WINDOW}`, (s) => s.assistedSuccess],
  ["episode/autonomous_share", `Share of episodes without help, ${WINDOW}`, (s) => s.autonomousEpisodes / s.episodes],
  ["episode/intervention_rate", `Share of steps at which an operator steered, ${WINDOW}`, (s) => s.interventionRate],
];

const ACTOR: readonly Scalar<RunEventOf<"actor">>[] = [
  ["control_frequency_hz", "Control steps per second", (event) => event.control_frequency_hz],
  ["control_jitter_p50_ms", "Median lateness of control steps, milliseconds", (event) => event.control_jitter_p50_ms],
  ["control_jitter_p99_ms", "99th percentile of the lateness, milliseconds", (event) => event.control_jitter_p99_ms],
  ["policy_p50_ms", "Median time of one policy inference, milliseconds", (event) => event.policy_p50_ms],
  ["policy_p99_ms", "99th percentile of policy inference, milliseconds", (event) => event.policy_p99_ms],
  ["parameters_version", "Version of the acting weights", (event) => event.parameters_version],
  ["parameters_age_s", "Seconds since the learner sent these weights", (event) => event.parameters_age_s],
  ["connected", "1 while the actor reaches the learner, else 0", (event) => Number(event.connected)],
  ["outbox_records", "Transitions not yet at the learner", (event) => event.outbox_records],
  ["outbox_bytes", "Their size in bytes", (event) => event.outbox_bytes],
];

const LEARNER: readonly Scalar<RunEventOf<"learner">>[] = [
  ["learner/optimization_step", "Optimisation steps so far", (event) => event.step],
  ["learner/updates_per_s", "Optimisation steps per second", (event) => event.updates_per_s],
  ["learner/updates_per_step", "Optimisation steps per environment step, of the whole run", (e) => e.updates_per_step],
  ["learner/online_size", "Transitions in the online buffer", (event) => event.online_size],
  ["learner/offline_size", "Transitions in the offline buffer", (event) => event.offline_size],
  ["learner/queue_records", "Records waiting for the training thread", (event) => event.queue_records],
  ["learner/parameters_version", "Version of the weights last sent", (event) => event.parameters_version],
  ["learner/actors_connected", "Connected actors", (event) => event.actors_connected],
];

const EVALUATION: readonly Scalar<RunEventOf<"evaluation">["report"]>[] = [
  ["evaluation/success_rate", "Success share of an autonomous evaluation", (report) => report.success_rate],
  ["evaluation/success_rate_low", "Lower end of its 95 % Wilson interval", (report) => report.success_interval[0]],
  ["evaluation/success_rate_high", "Upper end of its 95 % Wilson interval", (report) => report.success_interval[1]],
  ["evaluation/mean_return", "Mean return", (report) => report.mean_return],
  ["evaluation/mean_success_length", "Mean steps of its successful episodes", (report) => report.mean_success_length],
  ["evaluation/cycle_time_s", "Seconds of robot time per successful episode", (report) => report.cycle_time_s],
  ["evaluation/operator_share", "Share of steps at which the policy did not steer", (report) => report.operator_share],
];

const CHECKPOINT: readonly Scalar<RunEventOf<"checkpoint">>[] = [
  ["checkpoint/duration_s", "Seconds that writing a checkpoint took", (event) => event.duration_s],
];

/** @param shares Of the last episodes, including this event's. */
export function scalarsOf(event: RunEvent, shares: SuccessShares): ScalarValue[] {
  switch (event.type) {
    case "episode": {
      // A corrected label changes the shares; the episode itself was already written.
      const itself = event.correction || !countsForPolicy(event.outcome) ? [] : values(EPISODE, event);
      return [...itself, ...(shares.episodes > 0 ? values(SHARES, shares) : [])];
    }
    case "actor":
      return values(ACTOR, event).map((value) => ({ ...value, tag: `actor/${event.actor}/${value.tag}` }));
    case "training":
      return Object.entries(event.metrics).map(([name, value]) => ({
        tag: `training/${name}`,
        value,
        description: `\`${name}\` as the algorithm documents it`,
      }));
    case "learner":
      return values(LEARNER, event);
    case "evaluation":
      return values(EVALUATION, event.report);
    case "checkpoint":
      return values(CHECKPOINT, event);
    default:
      return [];
  }
}

function values<Source>(scalars: readonly Scalar<Source>[], source: Source): Required<ScalarValue>[] {
  return scalars.flatMap(([tag, description, read]) => {
    const value = read(source);
    return value === null ? [] : [{ tag, description, value }];
  });
}
