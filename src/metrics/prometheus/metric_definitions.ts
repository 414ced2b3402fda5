/** Names, labels and meanings of a run's Prometheus metrics, as docs/metrics.md has them. */
import type { Registry } from "prom-client";
import { onFirstUse } from "../../utils/on_first_use.ts";
import { DEFAULT_WINDOW_EPISODES } from "../learning_curve.ts";

const WINDOW = `over the last ${DEFAULT_WINDOW_EPISODES} episodes`;

export const prometheusLibrary = onFirstUse<typeof import("prom-client")>("prom-client");

export function makeRunMetrics(registry: Registry) {
  const { Counter, Gauge } = prometheusLibrary();
  const registers = [registry];
  const gauge = <Label extends string = never>(name: string, help: string, ...labelNames: Label[]) => {
    const made = new Gauge({ name: `handrail_${name}`, help, labelNames, registers });
    // A new gauge without labels is 0, but an unmeasured success share is not 0.
    if (labelNames.length === 0) made.remove();
    return made;
  };
  const counter = <Label extends string = never>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `handrail_${name}_total`, help, labelNames, registers });
  return {
    info: gauge("run_info", "1; the labels say which run of which version", "run_id", "version"),
    finished: gauge("run_finished", "1 once the run has ended for the reason", "reason"),
    interactionSteps: gauge("environment_steps", "Environment steps of all actors, demonstrations not counted"),

    episodes: counter("episodes", "Finished episodes as first labelled", "actor", "outcome", "assisted"),
    corrections: counter("episode_corrections", "Labels of episodes that were corrected", "actor"),
    episodeSteps: counter("episode_steps", "Control steps of finished episodes", "actor"),
    interventionSteps: counter("intervention_steps", "Steps at which an operator steered", "actor"),
    episodeReturn: gauge("episode_return", "Return of the last episode", "actor"),
    episodeLength: gauge("episode_length_steps", "Control steps of the last episode", "actor"),
    episodeDuration: gauge("episode_duration_seconds", "Duration of the last episode", "actor"),
    autonomousSuccess: gauge("autonomous_success_ratio", `Success share of the episodes without help, ${WINDOW}`),
    assistedSuccess: gauge("assisted_success_ratio", `Success share of the episodes with help, ${WINDOW}`),
    interventionRatio: gauge("intervention_ratio", `Share of steps at which an operator steered, ${WINDOW}`),

    actorState: gauge("actor_state", "1 for the actor's state, else 0", "actor", "state"),
    controlFrequency: gauge("actor_control_frequency_hertz", "Control steps per second", "actor"),
    controlJitter: gauge("actor_control_jitter_seconds", "Lateness of control steps", "actor", "quantile"),
    policyTime: gauge("actor_policy_seconds", "Time of one policy inference", "actor", "quantile"),
    actorParameters: gauge("actor_parameters_version", "Version of the acting weights", "actor"),
    parametersAge: gauge("actor_parameters_age_seconds", "Time since the learner sent them", "actor"),
    connected: gauge("actor_connected", "1 while the actor reaches the learner, else 0", "actor"),
    outboxRecords: gauge("actor_outbox_records", "Transitions not yet at the learner", "actor"),
    outboxBytes: gauge("actor_outbox_bytes", "Their size", "actor"),

    learnerState: gauge("learner_state", "1 for the learner's state, else 0", "state"),
    optimizationSteps: gauge("learner_optimization_steps", "Optimisation steps so far"),
    updatesPerSecond: gauge("learner_updates_per_second", "Optimisation steps per second"),
    updatesPerStep: gauge("learner_updates_per_environment_step", "Optimisation steps per environment step so far"),
    buffer: gauge("learner_buffer_transitions", "Transitions in a replay buffer", "buffer"),
    queue: gauge("learner_queue_records", "Records waiting for the training thread"),
    learnerParameters: gauge("learner_parameters_version", "Version of the weights last sent"),
    actorsConnected: gauge("learner_actors_connected", "Connected actors"),
    refusedRecords: gauge("learner_refused_records", "Transitions that cannot be trained on and were refused"),
    missingRecords: gauge("learner_missing_records", "Records that were lost on the way to the learner"),
    quarantinedRecords: gauge("learner_quarantined_records", "Transitions that are left out of batches"),
    freeDisk: gauge("learner_free_disk_bytes", "Free space on the disk of the run's folder"),
    training: gauge("training", "What the algorithm reports, by its own metric names", "metric"),

    evaluationSuccess: gauge("evaluation_success_ratio", "Success share of the last evaluation"),
    evaluationLow: gauge("evaluation_success_ratio_low", "Lower end of its 95 % Wilson interval"),
    evaluationHigh: gauge("evaluation_success_ratio_high", "Upper end of its 95 % Wilson interval"),
    evaluationReturn: gauge("evaluation_return_mean", "Mean return of the last evaluation"),
    cycleTime: gauge("evaluation_cycle_time_seconds", "Robot time per successful episode"),
    operatorRatio: gauge("evaluation_operator_ratio", "Share of its steps at which the policy did not steer"),

    checkpoints: counter("checkpoints", "Checkpoints written"),
    checkpointTime: gauge("checkpoint_timestamp_seconds", "When the last checkpoint was written, since 1970"),
    checkpointDuration: gauge("checkpoint_duration_seconds", "How long it took"),
    actions: counter("actions", "Actions of people and programs on the run", "by", "name"),
    notices: counter("notices", "Messages of the run", "level"),
  };
}

export type RunMetrics = ReturnType<typeof makeRunMetrics>;
