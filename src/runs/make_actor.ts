/** Makes an actor from a training config, for any learner. */
import { randomInt } from "node:crypto";
import { crc32 } from "node:zlib";
import { closeProcessedEnv } from "../envs/processed_env.ts";
import type { RunEvents } from "../metrics/run_events.ts";
import type { Policy } from "../policies/policy.ts";
import { makePolicy, makePrePostProcessors } from "../policies/registry.ts";
import { Actor } from "../rollout/actor/actor.ts";
import type { ActorOptions } from "../rollout/actor/actor_options.ts";
import { Pace } from "../rollout/control/pace.ts";
import { startSeed } from "../rollout/start_seed.ts";
import type { TrainRLServerPipelineConfig } from "../settings/config.ts";
import { envSettingsOf } from "../settings/env_settings.ts";
import { replayFeaturesOf } from "../settings/replay_features.ts";
import { runSettingsOf } from "../settings/run_settings.ts";
import { scriptedOperatorOf } from "../teleoperators/scripted/config.ts";
import { ScriptedOperator } from "../teleoperators/scripted/scripted_operator.ts";
import type { Teleoperator } from "../teleoperators/teleoperator.ts";
import { assertDeviceStarts } from "../tensor/backends/assert_device.ts";
import { Random } from "../tensor/random.ts";
import type { ActorEndpoint } from "../transport/transport.ts";
import { type ConfiguredEnv, makeProcessedEnv } from "./make_processed_env.ts";
import { makeConfiguredTeleoperator } from "./make_teleoperator.ts";

/** Transitions, if `handrail.updates_per_step.min` is set. */
const MAX_AHEAD = 16;

export interface MakeActorOptions
  extends Pick<ActorOptions, "name" | "observers" | "afterStep" | "signal" | "stepsTaken"> {
  readonly config: TrainRLServerPipelineConfig;
  readonly endpoint: ActorEndpoint;
  readonly events: RunEvents;
  /** Default: made from the config. The caller closes one that it passes. */
  readonly processedEnv?: ConfiguredEnv;
  /** Teleoperators of people. They take precedence over `env.teleop` and the scripted operator. */
  readonly teleoperators?: readonly Teleoperator[];
  /**
   * Seed of episodes, exploration and the operator. Default: from the config's seed and the actor's name. Outside lockstep an
   * actor that resumes with an outbox mixes in the number of its transitions, and so plays other episodes.
   */
  readonly seed?: number;
  /**
   * Draws the seed of every episode and of its exploration, and nothing else. If it is also one of the learner's `generators`, a
   * lockstep run saved between two episodes resumes as if it had never stopped. Default: made from `seed`.
   */
  readonly random?: Random;
  readonly warn?: (message: string) => void;
}

export interface ActorHandle {
  readonly actor: Actor;
  readonly processedEnv: ConfiguredEnv;
  readonly policy: Policy;
  /** The scripted operator, if the config asks for one. */
  readonly operator: ScriptedOperator | undefined;
  /** Slows the control loop to real time while people drive. */
  readonly pace: Pace;
  /** Disposes of the policy, and of an environment made here. The caller closes the endpoint. */
  close(): Promise<void>;
}

/** @throws Error or ConfigError if a part of the config cannot be made; then nothing stays open. */
export async function makeActor(options: MakeActorOptions): Promise<ActorHandle> {
  const { config, endpoint, processedEnv: given, name = "actor" } = options;
  await assertDeviceStarts(config.handrail.device);
  // Lockstep continues with the generators of the checkpoint.
  const behind = config.handrail.pacing === "lockstep" ? 0 : endpoint.metrics().transitions.last;
  const setup = new Random(startSeed(options.seed ?? seedOf(config.seed, name), behind));
  const random = options.random ?? setup.fork();
  const processedEnv = given ?? (await makeProcessedEnv(config));
  const opened: (() => Promise<void>)[] = given ? [] : [() => closeProcessedEnv(processedEnv)];
  const close = async () => {
    for (const each of opened.splice(0)) await each();
  };
  try {
    // One thread: a batch of one gains nothing from more, and the learner may need them.
    const { warn = () => {} } = options;
    const policy = await makePolicy(config.policy, {
      random: setup.fork(),
      threads: 1,
      engine: config.handrail.backend,
      device: config.handrail.device,
      warn,
    });
    opened.push(() => policy.dispose());
    const { teleoperators: people = [] } = options;
    const seed = setup.integer(2 ** 32);
    const device = await makeConfiguredTeleoperator(config, { processedEnv, people, seed, mode: "intervene" });
    // There is at most one scripted operator: `env.teleop` overrides `handrail.operator`.
    const operator = device instanceof ScriptedOperator ? device : operatorOf(config, processedEnv, seed);
    const { pace, resetTimeS } = pacingOf(config);
    const actor = new Actor({
      ...options,
      name,
      processedEnv,
      policy,
      random,
      processors: makePrePostProcessors(config.policy),
      features: replayFeaturesOf(config),
      teleoperators: [...new Set([...people, ...(device ? [device] : []), ...(operator ? [operator] : [])])],
      steps: runSettingsOf(config).onlineSteps,
      deterministicEpisodes: config.handrail.deterministic_episodes,
      watchdog: watchdogOf(config),
      onSensorFault: config.handrail.on_sensor_fault,
      pace,
      resetTimeS,
      // A learner that falls behind makes its actors wait. A long outbox would hide that from the robot.
      ...(config.handrail.updates_per_step.min !== null && { maxAhead: MAX_AHEAD }),
    });
    return { actor, processedEnv, policy, operator, pace, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function seedOf(seed: number | null, name: string): number {
  return seed === null ? randomInt(2 ** 47) : crc32(`${seed} ${name}`);
}

function pacingOf(config: TrainRLServerPipelineConfig): { readonly pace: Pace; readonly resetTimeS: number } {
  const { fps, resetTimeS = 0, isPhysical = false } = envSettingsOf(config);
  const alwaysReal = isPhysical || config.handrail.pacing === "real_time";
  return {
    pace: new Pace({ robotHz: fps, alwaysReal }),
    resetTimeS: alwaysReal ? resetTimeS : 0,
  };
}

function watchdogOf({ handrail }: TrainRLServerPipelineConfig): ActorOptions["watchdog"] {
  const { max_parameters_age_s, max_disconnected_s, behaviour } = handrail.watchdog;
  return { maxWeightsAgeS: max_parameters_age_s, maxDisconnectedS: max_disconnected_s, behaviour };
}

function operatorOf(
  { handrail }: TrainRLServerPipelineConfig,
  { scene, env }: ConfiguredEnv,
  seed: number,
): ScriptedOperator | undefined {
  const { type, ...settings } = handrail.operator;
  return type === "none" ? undefined : scriptedOperatorOf(settings, { env, scene, seed, mode: "intervene" });
}
