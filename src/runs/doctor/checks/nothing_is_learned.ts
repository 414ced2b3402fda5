/** Finds combinations of valid settings under which little or nothing can be learned. */
import type { SACAlgorithmConfig } from "../../../algorithms/sac/config.ts";
import { policyActions } from "../../../policies/registry.ts";
import { runSettingsOf } from "../../../settings/run_settings.ts";
import { error, type Finding, warning } from "../check.ts";
import type { Settings } from "../setup_context.ts";

type SettingsCheck = (settings: Settings) => Finding[];

export const NOTHING_IS_LEARNED: readonly SettingsCheck[] = [
  warmUp,
  buffers,
  updates,
  rarely,
  episodes,
  actingWeights,
  stepSizes,
  operator,
  chosenEpisodes,
];

/** Checks that also apply without actors. */
export const NOTHING_IS_LEARNED_OFFLINE: readonly SettingsCheck[] = [rarely, weightAverage, stepSizes, chosenEpisodes];

const LEARNS_NOTHING = "Not one update would be made.";

function warmUp({ config }: Settings): Finding[] {
  const { warmUpSteps, onlineSteps } = runSettingsOf(config);
  if (warmUpSteps < onlineSteps) return [];
  const what = `policy.online_step_before_learning is ${warmUpSteps}, and the run ends after policy.online_steps ${onlineSteps}`;
  return [error(what, { why: LEARNS_NOTHING, todo: "Lower the one (100 is usual) or raise the other." })];
}

/** Rows per batch from each buffer, as the mixer of online and offline data draws them. */
function batchShares({ batch_size, online_ratio }: Settings["config"]) {
  const online = Math.max(1, Math.floor(batch_size * online_ratio));
  return { online, offline: batch_size - online };
}

const USUAL_CAPACITY = 10_000;

function buffers({ config }: Settings): Finding[] {
  const { bufferCapacity } = runSettingsOf(config);
  const shares = batchShares(config);
  return (["online", "offline"] as const).flatMap((name) => {
    const capacity = bufferCapacity[name];
    if (capacity >= shares[name]) return [];
    const what = `policy.${name}_buffer_capacity is ${capacity}, and every batch takes ${shares[name]} of its transitions`;
    const why = "Every batch would repeat the same few transitions, and older experience is lost.";
    const todo = shares[name] > USUAL_CAPACITY ? "Lower batch_size: 256 is usual." : `Write ${USUAL_CAPACITY} or more.`;
    return [error(what, { why, todo })];
  });
}

function updates({ config: { handrail } }: Settings): Finding[] {
  const { pacing, updates_per_step } = handrail;
  if (pacing !== "lockstep" || updates_per_step.min !== 0) return [];
  const what = 'handrail.updates_per_step.min is 0, and handrail.pacing is "lockstep"';
  return [
    error(what, { why: `${LEARNS_NOTHING} In lockstep, min updates are made after each step.`, todo: "Write 1." }),
  ];
}

/** Maximum number of updates of a run; undefined if unlimited. */
function mostUpdates({ config, isOffline }: Settings): number | undefined {
  if (isOffline) return config.steps;
  const { pacing, updates_per_step } = config.handrail;
  const perStep = pacing === "lockstep" ? (updates_per_step.min ?? 1) : updates_per_step.max;
  return perStep === null ? undefined : perStep * runSettingsOf(config).onlineSteps;
}

/** Periodic work whose interval is longer than the run. */
function rarely(settings: Settings): Finding[] {
  const { config } = settings;
  const most = mostUpdates(settings);
  if (most === undefined) return [];
  const limit = `the run makes at most ${Math.floor(most)} updates`;
  const atMost = (usual: number) => `Write ${Math.max(1, Math.min(usual, Math.floor(most)))} or less.`;
  const findings: Finding[] = [];
  const { policy_update_freq } = config.algorithm as Partial<SACAlgorithmConfig>;
  if (policy_update_freq !== undefined && policy_update_freq > most) {
    const what = `algorithm.policy_update_freq is ${policy_update_freq}, and ${limit}`;
    findings.push(error(what, { why: "The actor would never be updated.", todo: "Write 1." }));
  }
  if (config.save_checkpoint && config.save_freq > most) {
    const why = "Nothing is saved between start and end, so a crash loses the run.";
    findings.push(warning(`save_freq is ${config.save_freq}, and ${limit}`, { why, todo: atMost(2000) }));
  }
  if (config.log_freq > most) {
    const why = "No training metrics would be logged.";
    findings.push(warning(`log_freq is ${config.log_freq}, and ${limit}`, { why, todo: atMost(100) }));
  }
  return findings;
}

function stepsPerEpisode({ env }: Settings): number | undefined {
  const reset = env?.processor.reset;
  return env === undefined || !reset ? undefined : Math.max(1, Math.round(env.fps * reset.control_time_s));
}

function episodes(settings: Settings): Finding[] {
  const steps = stepsPerEpisode(settings);
  if (steps === undefined || steps > 1) return [];
  const { fps, processor } = settings.env!;
  const what = `env.fps is ${fps}, and env.processor.reset.control_time_s is ${processor.reset!.control_time_s}`;
  return [error(what, { why: "Every episode ends after its first step.", todo: "10 Hz and 10 to 20 s are usual." })];
}

/** Updates; longer than most runs. */
const LONG_AVERAGE = 20_000;

function weightAverage({ config: { handrail } }: Settings): Finding[] {
  const { weight_average } = handrail;
  const average = weight_average === null ? 0 : 1 / (1 - weight_average);
  if (average <= LONG_AVERAGE) return [];
  const why = `The policy that acts is an average over ${Math.round(average)} updates: it hardly moves.`;
  return [warning(`handrail.weight_average is ${weight_average}`, { why, todo: "0.99 to 0.999 are usual." })];
}

function actingWeights(settings: Settings): Finding[] {
  const { config } = settings;
  const findings = weightAverage(settings);
  const { watchdog, pacing } = config.handrail;
  const every = runSettingsOf(config).weightsPushIntervalS;
  const age = watchdog.max_parameters_age_s;
  if (pacing !== "lockstep" && age !== null && every >= age) {
    const what = `policy.actor_learner_config.policy_parameters_push_frequency is ${every} s, and handrail.watchdog.max_parameters_age_s is ${age}`;
    const why = "Actors get new weights only after the watchdog rejects the old ones.";
    findings.push(warning(what, { why, todo: "Push every 0.25 to 4 s." }));
  }
  return findings;
}

/** Adam adds 1e-8 to a gradient's magnitude before dividing by it. */
const TINY_GRADIENT = 1e-6;
const LEARNING_RATES = ["actor_lr", "critic_lr"] as const;
const [TINY_STEP, HUGE_STEP] = [1e-7, 0.1];
/** With a smaller weight, a target needs more than a million updates to follow. */
const STANDING_TARGET = 1e-6;

function stepSizes({ config: { algorithm }, policy }: Settings): Finding[] {
  const sac = algorithm as Partial<SACAlgorithmConfig>;
  const findings = LEARNING_RATES.flatMap((name) => {
    const rate = sac[name];
    if (typeof rate !== "number" || (rate >= TINY_STEP && rate <= HUGE_STEP)) return [];
    const why = rate < TINY_STEP ? "Its weights would hardly move." : "Its weights would oscillate or diverge.";
    return [warning(`algorithm.${name} is ${rate}`, { why, todo: "Write 3e-4." })];
  });
  const { grad_clip_norm, target_entropy } = sac;
  if (grad_clip_norm !== undefined && grad_clip_norm < TINY_GRADIENT) {
    const why = "To Adam, gradients of that size are almost zero: the weights would hardly move.";
    findings.push(warning(`algorithm.grad_clip_norm is ${grad_clip_norm}`, { why, todo: "Write 10, or 40." }));
  }
  const most = policyActions(policy).continuous * Math.LN2;
  if (typeof target_entropy === "number" && target_entropy >= most) {
    const what = `algorithm.target_entropy is ${target_entropy}, and actions between −1 and 1 have ${most.toFixed(2)} nats at most`;
    const why = "The temperature would grow without bound, until randomness outweighs every reward.";
    findings.push(warning(what, { why, todo: "Write null, which is −(action dimensions)/2." }));
  }
  const target = sac.critic_target_update_weight;
  if (target !== undefined && target < STANDING_TARGET) {
    const why = "The critics would learn from targets that never leave their initial values.";
    findings.push(warning(`algorithm.critic_target_update_weight is ${target}`, { why, todo: "Write 0.005." }));
  }
  return findings;
}

function operator(settings: Settings): Finding[] {
  const { type, intervention_rate, min_intervention_rate, patience_steps } = settings.config.handrail.operator;
  if (type !== "scripted") return [];
  if (intervention_rate === 0 && min_intervention_rate === 0) {
    const why = "It never takes over.";
    return [warning("handrail.operator.intervention_rate is 0", { why, todo: 'Write 1, or "none" as type.' })];
  }
  const steps = stepsPerEpisode(settings);
  if (steps === undefined || patience_steps < steps) return [];
  const what = `handrail.operator.patience_steps is ${patience_steps}, and an episode has ${steps} steps`;
  return [warning(what, { why: "It never takes over.", todo: "Write 10." })];
}

function chosenEpisodes({ config: { dataset } }: Settings): Finding[] {
  if (dataset === null || dataset.episodes === null) return [];
  const left = dataset.episodes.filter((episode) => !dataset.exclude_episodes?.includes(episode));
  if (left.length > 0) return [];
  const what =
    dataset.episodes.length === 0
      ? "dataset.episodes is empty"
      : "dataset.exclude_episodes names all of dataset.episodes";
  return [error(what, { why: "No demonstration would be read.", todo: "Write null for all episodes." })];
}
