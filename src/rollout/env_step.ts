/**
 * One step of interaction, the same for every loop (actor, recording, evaluation): action pipeline, environment,
 * observation pipeline.
 */
import type { Env, Observation, ResetOptions } from "../envs/env.ts";
import type { ProcessedEnv } from "../envs/processed_env.ts";
import { makeTransition, type ProcessorTransition, type Teleoperation } from "../processors/transition.ts";
import { verdictOf } from "../teleoperators/teleoperator.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import { Tensor } from "../tensor/tensor.ts";
import { assertObservation } from "./sensor_fault.ts";

/**
 * Begins an episode: resets the steps and processes the first observation.
 *
 * @throws SensorFaultError for an observation that is incomplete or not finite; the signal's reason when it ends the reset;
 * ProcessorError when a step fails.
 */
export async function resetAndBuildTransition(
  { env, actionProcessor, envProcessor, resetOptions }: ProcessedEnv,
  { seed, options, signal }: ResetOptions = {},
): Promise<ProcessorTransition> {
  actionProcessor.reset();
  envProcessor.reset();
  const { observation, info } = await env.reset({
    ...(seed !== undefined && { seed }),
    ...(signal && { signal }),
    ...((resetOptions || options) && { options: { ...resetOptions, ...options } }),
  });
  return await envProcessor.process(makeTransition({ observation: readObservation(env, observation), info }));
}

export interface StepInput {
  /** The observation before the action, as the action pipeline may need it. */
  readonly observation: TensorRecord | null;
  /** The policy's action, in the environment's units. */
  readonly action: Tensor<"float32">;
  /** The person's input in this step, if a teleoperator is connected. */
  readonly teleoperation?: Teleoperation | null;
}

/**
 * Executes one action. The result holds the action that was executed: the policy's or the person's. A person's success replaces the
 * environment's reward; either ends the episode.
 *
 * @throws SensorFaultError for an observation that is incomplete or not finite; ProcessorError when a step fails; the
 * environment's error when it refuses the action.
 */
export async function stepEnvAndProcessTransition(
  { env, actionProcessor, envProcessor, measure }: ProcessedEnv,
  { observation, action, teleoperation = null }: StepInput,
): Promise<ProcessorTransition> {
  const complementaryData = measure?.() ?? {};
  const command = await actionProcessor.process(
    makeTransition({ observation, action, teleoperation, complementaryData }),
  );
  if (command.action === null) throw new Error(`${actionProcessor.name} lost the action`);
  const {
    reward,
    terminated,
    truncated,
    success = false,
    ...result
  } = await env.step(Float32Array.from(command.action.data, Number));
  const saysFailure = teleoperation !== null && verdictOf(teleoperation.events) === "failure";
  return await envProcessor.process({
    observation: readObservation(env, result.observation),
    action: command.action,
    reward: command.signals.success ? command.reward : reward,
    terminated: terminated || command.terminated,
    truncated: truncated || command.truncated,
    teleoperation,
    signals: {
      ...command.signals,
      success: command.signals.success || (success && !saysFailure),
      environment: { reward, terminated, success },
    },
    info: result.info,
    complementaryData: command.complementaryData,
  });
}

/** An environment's arrays with the shapes that its space declares. @throws SensorFaultError naming what is wrong. */
function readObservation({ id, observationSpace }: Env, observation: Observation): TensorRecord {
  assertObservation(id, observation, observationSpace);
  const tensors = Object.entries(observationSpace).map(
    ([key, { dtype, shape }]) => [key, new Tensor(dtype, shape, observation[key]!)] as const,
  );
  return Object.fromEntries(tensors);
}
