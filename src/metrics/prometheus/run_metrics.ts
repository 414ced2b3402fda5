/** A run's events as Prometheus metrics, with the names documented in docs/metrics.md, in base units. */
import type { Gauge, Registry } from "prom-client";
import { isAutonomous, recentShares, type SuccessShares } from "../learning_curve.ts";
import { ACTOR_STATES, EPISODE_OUTCOMES, LEARNER_STATES, type RunEvent, type RunEventOf } from "../run_event.ts";
import type { RunEvents } from "../run_events.ts";
import { RunHistory } from "../run_history.ts";
import { makeRunMetrics, prometheusLibrary, type RunMetrics } from "./metric_definitions.ts";

export interface PrometheusOptions {
  /** Adds memory, CPU time and event-loop delay of this process, under prom-client's names. Default: true. */
  readonly processMetrics?: boolean;
}

/** Seconds of silence after which an actor's samples are removed; its counters restart if it returns. */
const GONE_AFTER_S = 900;
/** Limit of actor names, which come from other processes: beyond it the longest silent are dropped. */
const MAX_ACTORS = 128;

/**
 * A registry that follows the run from now on. An unmeasured metric has no sample.
 *
 * @returns the registry, for `serveMetrics` or your own server: `registry.metrics()`, `registry.contentType`.
 */
export function prometheusRegistry(events: RunEvents, { processMetrics = true }: PrometheusOptions = {}): Registry {
  const { collectDefaultMetrics, Registry } = prometheusLibrary();
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const metrics = makeRunMetrics(registry);
  const history = new RunHistory();
  const actors = new ActorNames((actor) => forgetActor(metrics, actor));
  let steps = 0;
  events.subscribe((event) => {
    history.add(event);
    // Only a new start lowers the step; some sources of notices know no step and send 0.
    steps = event.type === "run_started" ? event.interaction_step : Math.max(steps, event.interaction_step);
    metrics.interactionSteps.set(steps);
    actors.note(event);
    update(metrics, event, () => recentShares(history));
  });
  return registry;
}

/** Actors with samples. */
class ActorNames {
  readonly #forget: (actor: string) => void;
  /** Seconds since 1970; the longest silent first. */
  readonly #heardS = new Map<string, number>();

  constructor(forget: (actor: string) => void) {
    this.#forget = forget;
  }

  note(event: RunEvent): void {
    if (event.type === "actor" || event.type === "episode") {
      this.#heardS.delete(event.actor);
      this.#heardS.set(event.actor, event.time_s);
    }
    for (const [actor, heardS] of this.#heardS) {
      if (this.#heardS.size <= MAX_ACTORS && event.time_s - heardS < GONE_AFTER_S) return;
      this.#heardS.delete(actor);
      this.#forget(actor);
    }
  }
}

function forgetActor(metrics: RunMetrics, actor: string): void {
  for (const outcome of EPISODE_OUTCOMES) {
    for (const assisted of ["true", "false"]) metrics.episodes.remove({ actor, outcome, assisted });
  }
  for (const state of ACTOR_STATES) metrics.actorState.remove({ actor, state });
  for (const quantile of ["0.5", "0.99"]) {
    metrics.controlJitter.remove({ actor, quantile });
    metrics.policyTime.remove({ actor, quantile });
  }
  const { corrections, episodeSteps, interventionSteps } = metrics;
  for (const counter of [corrections, episodeSteps, interventionSteps]) counter.remove({ actor });
  const { episodeReturn, episodeLength, episodeDuration, controlFrequency, actorParameters } = metrics;
  const { parametersAge, connected, outboxRecords, outboxBytes } = metrics;
  const ofEpisodes = [episodeReturn, episodeLength, episodeDuration];
  const ofStatus = [controlFrequency, actorParameters, parametersAge, connected, outboxRecords, outboxBytes];
  for (const gauge of [...ofEpisodes, ...ofStatus]) gauge.remove({ actor });
}

function update(metrics: RunMetrics, event: RunEvent, shares: () => SuccessShares): void {
  switch (event.type) {
    case "run_started":
      metrics.info.reset();
      metrics.finished.reset();
      metrics.info.set({ run_id: event.run_id, version: event.version }, 1);
      break;
    case "episode":
      updateEpisode(metrics, event, shares());
      break;
    case "actor":
      updateActor(metrics, event);
      break;
    case "training":
      for (const [metric, value] of Object.entries(event.metrics)) metrics.training.set({ metric }, value);
      break;
    case "learner":
      updateLearner(metrics, event);
      break;
    case "evaluation":
      updateEvaluation(metrics, event);
      break;
    case "checkpoint":
      metrics.checkpoints.inc();
      metrics.checkpointTime.set(event.time_s);
      metrics.checkpointDuration.set(event.duration_s);
      break;
    case "action":
      metrics.actions.inc({ by: event.by, name: event.name });
      break;
    case "notice":
      metrics.notices.inc({ level: event.level });
      break;
    case "run_finished":
      metrics.finished.set({ reason: event.reason }, 1);
      break;
  }
}

function updateEpisode(metrics: RunMetrics, event: RunEventOf<"episode">, shares: SuccessShares): void {
  const { actor, outcome } = event;
  // Counters only rise: an episode counts once, with its first label, and corrections are counted separately.
  if (event.correction) {
    metrics.corrections.inc({ actor });
  } else {
    metrics.episodes.inc({ actor, outcome, assisted: String(!isAutonomous(event)) });
    metrics.episodeSteps.inc({ actor }, event.episode_length);
    metrics.interventionSteps.inc({ actor }, event.intervention_steps);
    metrics.episodeReturn.set({ actor }, event.episodic_return);
    metrics.episodeLength.set({ actor }, event.episode_length);
    metrics.episodeDuration.set({ actor }, event.duration_s);
  }
  setOrRemove(metrics.autonomousSuccess, shares.autonomousSuccess);
  setOrRemove(metrics.assistedSuccess, shares.assistedSuccess);
  setOrRemove(metrics.interventionRatio, shares.interventionRate);
}

function updateActor(metrics: RunMetrics, event: RunEventOf<"actor">): void {
  const { actor } = event;
  for (const state of ACTOR_STATES) metrics.actorState.set({ actor, state }, Number(state === event.state));
  metrics.controlFrequency.set({ actor }, event.control_frequency_hz);
  metrics.controlJitter.set({ actor, quantile: "0.5" }, event.control_jitter_p50_ms / 1000);
  metrics.controlJitter.set({ actor, quantile: "0.99" }, event.control_jitter_p99_ms / 1000);
  metrics.policyTime.set({ actor, quantile: "0.5" }, event.policy_p50_ms / 1000);
  metrics.policyTime.set({ actor, quantile: "0.99" }, event.policy_p99_ms / 1000);
  metrics.actorParameters.set({ actor }, event.parameters_version);
  metrics.parametersAge.set({ actor }, event.parameters_age_s);
  metrics.connected.set({ actor }, Number(event.connected));
  metrics.outboxRecords.set({ actor }, event.outbox_records);
  metrics.outboxBytes.set({ actor }, event.outbox_bytes);
}

function updateLearner(metrics: RunMetrics, event: RunEventOf<"learner">): void {
  for (const state of LEARNER_STATES) metrics.learnerState.set({ state }, Number(state === event.state));
  metrics.optimizationSteps.set(event.step);
  metrics.updatesPerSecond.set(event.updates_per_s);
  metrics.updatesPerStep.set(event.updates_per_step);
  metrics.buffer.set({ buffer: "online" }, event.online_size);
  metrics.buffer.set({ buffer: "offline" }, event.offline_size);
  metrics.queue.set(event.queue_records);
  metrics.learnerParameters.set(event.parameters_version);
  metrics.actorsConnected.set(event.actors_connected);
  setOrRemove(metrics.refusedRecords, event.refused_records ?? null);
  setOrRemove(metrics.missingRecords, event.missing_records ?? null);
  setOrRemove(metrics.quarantinedRecords, event.quarantined_records ?? null);
  setOrRemove(metrics.freeDisk, event.free_disk_bytes ?? null);
}

function updateEvaluation(metrics: RunMetrics, { report }: RunEventOf<"evaluation">): void {
  metrics.evaluationSuccess.set(report.success_rate);
  metrics.evaluationLow.set(report.success_interval[0]);
  metrics.evaluationHigh.set(report.success_interval[1]);
  metrics.evaluationReturn.set(report.mean_return);
  setOrRemove(metrics.cycleTime, report.cycle_time_s);
  metrics.operatorRatio.set(report.operator_share);
}

function setOrRemove(gauge: Gauge, value: number | null): void {
  if (value === null) gauge.remove();
  else gauge.set(value);
}
