/** Finds settings that are valid but probably a mistake. */
import { assertAlgorithmFits } from "../../../algorithms/registry.ts";
import type { SACAlgorithmConfig } from "../../../algorithms/sac/config.ts";
import type { Dataset } from "../../../datasets/dataset.ts";
import { policyAdvice } from "../../../policies/registry.ts";
import { type Check, error, type Finding, ok, warning } from "../check.ts";
import type { Settings } from "../setup_context.ts";
import { NOTHING_IS_LEARNED, NOTHING_IS_LEARNED_OFFLINE } from "./nothing_is_learned.ts";
import { evaluations, nothingToLearnFrom } from "./offline/offline_settings.ts";

export const settingsCheck: Check = {
  name: "settings",
  async run(setup) {
    const dataset = await setup.dataset();
    const steps = dataset.state === "there" ? meanEpisodeLength(dataset.value) : undefined;
    const findings = settingFindings(setup, steps);
    return findings.length > 0 ? findings : [ok("nothing unusual")];
  },
};

/**
 * Every finding about the settings alone, for the doctor and the training commands. Training refuses settings with errors.
 *
 * @param demonstrated Mean length of the demonstrations in steps, if known.
 */
export function settingFindings(settings: Settings, demonstrated?: number): Finding[] {
  const checks = settings.isOffline
    ? [algorithm, nothingToLearnFrom, ...NOTHING_IS_LEARNED_OFFLINE, evaluations, checkpoints]
    : [algorithm, ...NOTHING_IS_LEARNED, batchSize, exploration, mixture, pacing, checkpoints];
  return [...checks.flatMap((check) => check(settings)), ...discount(settings, demonstrated)];
}

function algorithm({ config }: Settings): Finding[] {
  try {
    assertAlgorithmFits(config.algorithm, config.policy);
    return [];
  } catch (cause) {
    return [error((cause as Error).message)];
  }
}

function meanEpisodeLength({ length, episodes }: Dataset): number | undefined {
  return episodes.length === 0 ? undefined : Math.round(length / episodes.length);
}

/** At or below this batch size, off-policy gradients are mostly noise. */
const SMALL_BATCH = 32;

function batchSize({ config: { batch_size } }: Settings): Finding[] {
  if (batch_size > SMALL_BATCH) return [];
  const why =
    batch_size === 8
      ? "LeRobot's default, meant for imitation learning: the critics would learn from 8 transitions at a time."
      : "The critics' targets are noisy; small batches make them noisier.";
  return [warning(`batch_size is ${batch_size}`, { why, todo: "Write 256, or 128 with images." })];
}

function exploration({ config, policy }: Settings): Finding[] {
  const findings: Finding[] = [];
  const algorithm = config.algorithm.type === "sac" ? (config.algorithm as SACAlgorithmConfig) : undefined;
  const demonstrated = config.dataset !== null || config.handrail.demonstrations.episodes > 0;
  if (algorithm !== undefined && algorithm.temperature_init > 0.1 && demonstrated) {
    findings.push(
      warning(`algorithm.temperature_init is ${algorithm.temperature_init}`, {
        why: "Entropy then outweighs a sparse reward, and the policy first unlearns what the demonstrations show.",
        todo: "Write 0.01.",
      }),
    );
  }
  return [...findings, ...policyAdvice(policy)];
}

/** A final reward discounted below this at the start of an episode has little effect there. */
const FADED = 0.01;
/** Assumed share of the time limit that a success takes, without demonstrations to measure. */
const USUAL_SHARE = 1 / 3;

function discount(settings: Settings, demonstrated: number | undefined): Finding[] {
  const gamma = (settings.config.algorithm as { readonly discount?: unknown }).discount;
  const length = successLength(settings, demonstrated);
  if (typeof gamma !== "number" || length === undefined) return [];
  const worth = gamma ** length.steps;
  if (worth >= FADED) return [];
  return [
    warning(`algorithm.discount is ${gamma}, and ${length.says}`, {
      why: `A reward at the end is worth ${worth === 0 ? "nothing" : worth.toExponential(0)} at the start: too little to learn from.`,
      todo: `Raise discount to ${(FADED ** (1 / length.steps)).toFixed(3)} or more.`,
    }),
  ];
}

function successLength({ config, env }: Settings, demonstrated: number | undefined) {
  if (demonstrated !== undefined) return { steps: demonstrated, says: `demonstrations take ${demonstrated} steps` };
  const reset = env?.processor.reset;
  // The dataset's demonstrations are a better estimate, but are not read here.
  if (env === undefined || !reset || config.dataset !== null) return undefined;
  const limit = env.fps * reset.control_time_s;
  const steps = Math.round(limit * USUAL_SHARE);
  return { steps, says: `a success may well take ${steps} of the ${Math.round(limit)} steps allowed` };
}

function mixture({ config, env }: Settings): Finding[] {
  const { online_ratio, dataset, handrail } = config;
  const scripted = handrail.demonstrations.episodes;
  const helps = handrail.operator.type === "scripted";
  if (helps && env?.name === "real_robot") {
    const why = "It reads state that only a simulation has.";
    return [error('handrail.operator.type is "scripted" on a real robot', { why, todo: 'Write "none".' })];
  }
  if (scripted > 0 && env?.name === "real_robot") {
    const todo = "Record demonstrations with a person and name them in dataset.";
    return [
      error(`handrail.demonstrations.episodes is ${scripted} on a real robot`, {
        why: "Only simulation has a scripted operator.",
        todo,
      }),
    ];
  }
  if (dataset === null && scripted === 0 && !helps) {
    const why = "Until a person intervenes, the policy finds the reward only by chance.";
    return [
      warning("there are no demonstrations", {
        why,
        todo: "Set dataset or, in simulation, handrail.demonstrations.episodes: 20 is usual.",
      }),
    ];
  }
  if (online_ratio === 1) {
    return [
      warning("online_ratio is 1", { why: "Demonstrations and interventions are never drawn.", todo: "Write 0.5." }),
    ];
  }
  if (online_ratio === 0) {
    return [warning("online_ratio is 0", { why: "The policy's own experience is hardly drawn.", todo: "Write 0.5." })];
  }
  return [];
}

function pacing({ config: { handrail }, env, policy }: Settings): Finding[] {
  const { pacing, updates_per_step } = handrail;
  const { min, max } = updates_per_step;
  const findings: Finding[] = [];
  if (env?.name === "real_robot" && pacing !== "real_time") {
    const todo = 'Write "real_time".';
    findings.push(
      error(`handrail.pacing is "${pacing}" on a real robot`, {
        why: "A robot cannot run faster than real time.",
        todo,
      }),
    );
  }
  // Rendering images takes the simulation about as long as the learner needs to train on them.
  const hasImages = Object.values(policy.input_features).some(({ type }) => type === "VISUAL");
  if (pacing === "as_fast_as_possible" && env?.name !== "real_robot" && !hasImages && (min === null || min === 0)) {
    findings.push(
      warning(`handrail.pacing is "as_fast_as_possible", and handrail.updates_per_step.min is ${min}`, {
        why: "A fast simulation finishes its steps before the learner has made more than a few updates.",
        todo: "Write 1 as handrail.updates_per_step.min.",
      }),
    );
  }
  if (pacing === "real_time" && min !== null && min > 0 && env !== undefined) {
    findings.push(
      warning(`handrail.updates_per_step.min is ${min} in real time`, {
        why: `The robot waits whenever the learner makes fewer than ${(min * env.fps).toFixed(0)} updates per second.`,
        todo: "Leave it null; limit the learner with max if it must not run ahead.",
      }),
    );
  }
  if (max !== null && max < 0.1) {
    findings.push(
      warning(`handrail.updates_per_step.max is ${max}`, {
        why: `One update per ${Math.round(1 / max)} environment steps: the learner mostly waits.`,
        todo: "1 or more is usual; null lets it run freely.",
      }),
    );
  }
  return findings;
}

/** Updates; about half an hour at 50 per second. */
const RARE_CHECKPOINTS = 100_000;

function checkpoints({ config: { save_checkpoint, save_freq }, env }: Settings): Finding[] {
  if (!save_checkpoint) {
    return [
      warning("save_checkpoint is false", {
        why: "Nothing is saved, not even the final policy. `handrail train` needs checkpoints and refuses to start.",
        todo: "Write true.",
      }),
    ];
  }
  const limit = env?.name === "real_robot" ? 5000 : RARE_CHECKPOINTS;
  if (save_freq <= limit) return [];
  const why = "A crash loses everything since the last checkpoint; on a robot that is an operator's time.";
  return [warning(`save_freq is ${save_freq} updates`, { why, todo: "Write 2000." })];
}
