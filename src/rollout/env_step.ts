/**
 * One step of interaction, the same for every loop (actor, recording, evaluation): action pipeline, environment,
 * observation pipeline.
 */
import type { Env, Observation, ResetOptions } from "../envs/env.ts";
import { InterventionActionProcessorStep } from "../processors/intervention_step.ts";
import { DataProcessorPipeline } from "../processors/pipeline.ts";
import { makeTransition, type ProcessorTransition, type Teleoperation } from "../processors/transition.ts";
import { verdictOf } from "../teleoperators/teleoperator.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import { Tensor } from "../tensor/tensor.ts";
import { assertObservation } from "./sensor_fault.ts";

export interface ProcessedEnv {
  readonly env: Env;
  /** From the policy's or a person's action to what the environment executes. */
  readonly actionProcessor: DataProcessorPipeline;
  /** From what the environment reports to what the policy sees. */
  readonly envProcessor: DataProcessorPipeline;
  /** How every episode begins unless a reset says otherwise, such as the arm's joint positions. */
  readonly resetOptions?: ResetOptions["options"];
}

/**
 * An environment with nothing around it but people, who may take over: its observations are already named as the policy
 * names them.
 */
export function withoutProcessing(env: Env): ProcessedEnv {
  const intervention = new InterventionActionProcessorStep();
  return {
    env,
    actionProcessor: new DataProcessorPipeline({ name: "action_processor", steps: [intervention] }),
    envProcessor: new DataProcessorPipeline({ name: "env_processor", steps: [] }),
  };
}

/**
 * Begins an episode: the steps forget the last one, and the first observation is processed.
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
  return envProcessor.apply(makeTransition({ observation: readObservation(env, observation), info }));
}

export interface StepInput {
  /** The observation before the action, as the action pipeline may need it. */
  readonly observation: TensorRecord | null;
  /** What the policy chose, in the environment's units. */
  readonly action: Tensor<"float32">;
  /** What the person at the controls does meanwhile, if there is one. */
  readonly teleoperation?: Teleoperation | null;
  /** What was measured before the action and steps need, such as `gripper_position`; stored with the transition. */
  readonly complementaryData?: ProcessorTransition["complementaryData"];
}

/**
 * Executes one action. The result holds the action that was executed, whoever chose it. A person's success replaces the
 * environment's reward; either ends the episode.
 *
 * @throws SensorFaultError for an observation that is incomplete or not finite; ProcessorError when a step fails; the
 * environment's error when it refuses the action.
 */
export async function stepEnvAndProcessTransition(
  { env, actionProcessor, envProcessor }: ProcessedEnv,
  { observation, action, teleoperation = null, complementaryData = {} }: StepInput,
): Promise<ProcessorTransition> {
  const command = actionProcessor.apply(makeTransition({ observation, action, teleoperation, complementaryData }));
  if (command.action === null) throw new Error(`${actionProcessor.name} lost the action`);
  const {
    reward,
    terminated,
    truncated,
    success = false,
    ...result
  } = await env.step(Float32Array.from(command.action.data, Number));
  const saysFailure = teleoperation !== null && verdictOf(teleoperation.events) === "failure";
  return envProcessor.apply({
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
