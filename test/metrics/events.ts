/** Events of a run, with default values for the fields that a test does not care about. */
import type { RunEventOf } from "../../src/metrics/browser.ts";

export function started(fields: Partial<RunEventOf<"run_started">> = {}): RunEventOf<"run_started"> {
  return {
    type: "run_started",
    time_s: 1_700_000_000,
    interaction_step: 0,
    run_id: "run",
    version: "1.0.0",
    config: {},
    resumed_from: null,
    ...fields,
  };
}

export function episode(fields: Partial<RunEventOf<"episode">> = {}): RunEventOf<"episode"> {
  return {
    type: "episode",
    time_s: 1_700_000_001,
    interaction_step: 10,
    actor: "left",
    episode: 0,
    episodic_return: 1,
    episode_length: 10,
    outcome: "success",
    intervention_steps: 0,
    duration_s: 1,
    ...fields,
  };
}

export function training(fields: Partial<RunEventOf<"training">> = {}): RunEventOf<"training"> {
  return { type: "training", time_s: 1_700_000_002, interaction_step: 10, step: 20, metrics: {}, ...fields };
}

export function learner(fields: Partial<RunEventOf<"learner">> = {}): RunEventOf<"learner"> {
  return {
    type: "learner",
    time_s: 1_700_000_003,
    interaction_step: 10,
    step: 20,
    state: "training",
    updates_per_s: 100,
    updates_per_step: 2,
    online_size: 10,
    offline_size: 400,
    queue_records: 3,
    parameters_version: 5,
    actors_connected: 1,
    refused_records: 3,
    missing_records: 2,
    quarantined_records: 1,
    free_disk_bytes: 4e9,
    ...fields,
  };
}

export function actor(fields: Partial<RunEventOf<"actor">> = {}): RunEventOf<"actor"> {
  return {
    type: "actor",
    time_s: 1_700_000_004,
    interaction_step: 10,
    actor: "left",
    state: "running",
    control_frequency_hz: 10,
    control_jitter_p50_ms: 0.5,
    control_jitter_p99_ms: 4,
    policy_p50_ms: 0.25,
    policy_p99_ms: 1,
    parameters_version: 5,
    parameters_age_s: 0.5,
    connected: true,
    outbox_records: 7,
    outbox_bytes: 700,
    ...fields,
  };
}

export function evaluation(fields: Partial<RunEventOf<"evaluation">> = {}): RunEventOf<"evaluation"> {
  const report: RunEventOf<"evaluation">["report"] = {
    episodes: 2,
    successes: 1,
    success_rate: 0.5,
    success_interval: [0.09, 0.91],
    mean_return: 0.5,
    mean_success_length: 12,
    cycle_time_s: 1.2,
    operator_share: 0,
    seed: 1,
    deterministic: true,
    assisted_successes: 0,
    weights_sha256: "00",
    step: 20,
    returns: [0, 1],
    lengths: [40, 12],
  };
  return { type: "evaluation", time_s: 1_700_000_005, interaction_step: 10, report, ...fields };
}

export function checkpoint(fields: Partial<RunEventOf<"checkpoint">> = {}): RunEventOf<"checkpoint"> {
  const where = { step: 20, folder: "checkpoints/000020", duration_s: 0.5 };
  return { type: "checkpoint", time_s: 1_700_000_006, interaction_step: 10, ...where, ...fields };
}

export function notice(fields: Partial<RunEventOf<"notice">> = {}): RunEventOf<"notice"> {
  const what = { level: "warn", source: "actor", message: "weights are 12 s old" } as const;
  return { type: "notice", time_s: 1_700_000_007, interaction_step: 10, ...what, ...fields };
}

export function action(fields: Partial<RunEventOf<"action">> = {}): RunEventOf<"action"> {
  const what = { by: "person", name: "pause_actor", detail: {} };
  return { type: "action", time_s: 1_700_000_008, interaction_step: 10, ...what, ...fields };
}

export function finished(fields: Partial<RunEventOf<"run_finished">> = {}): RunEventOf<"run_finished"> {
  const what = { reason: "solved", message: "95 of 100" } as const;
  return { type: "run_finished", time_s: 1_700_000_009, interaction_step: 10, ...what, ...fields };
}
