/**
 * One step of interaction, the same for every loop (actor, recording, evaluation): action pipeline, environment,
 * observation pipeline.
 */
import type { Env, Info, Observation, ObservationSpace, ResetOptions } from "../envs/env.ts";
import { InterventionActionProcessorStep } from "../processors/intervention_step.ts";
import { DataProcessorPipeline } from "../processors/pipeline.ts";
import { makeTransition, type ProcessorTransition, type Teleoperation } from "../processors/transition.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import { Tensor } from "../tensor/tensor.ts";

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

/** Begins an episode: the steps forget the last one, and the first observation is processed. */
export async function resetAndBuildTransition(
  { env, actionProcessor, envProcessor, resetOptions }: ProcessedEnv,
  { seed, options }: ResetOptions = {},
): Promise<ProcessorTransition> {
  actionProcessor.reset();
  envProcessor.reset();
  const { observation, info } = await env.reset({
    ...(seed !== undefined && { seed }),
    ...((resetOptions || options) && { options: { ...resetOptions, ...options } }),
  });
  return envProcessor.apply(makeTransition({ observation: toTensors(observation, env.observationSpace), info }));
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
 * environment's reward; either ends the episode; what either reports as true in its info stays true. What the environment
 * itself said is in `info.environment`: `{ reward, terminated }`.
 *
 * @throws ProcessorError when a step fails; the environment's error when it refuses the action.
 */
export async function stepEnvAndProcessTransition(
  { env, actionProcessor, envProcessor }: ProcessedEnv,
  { observation, action, teleoperation = null, complementaryData = {} }: StepInput,
): Promise<ProcessorTransition> {
  const command = actionProcessor.apply(makeTransition({ observation, action, teleoperation, complementaryData }));
  if (command.action === null) throw new Error(`${actionProcessor.name} lost the action`);
  const result = await env.step(Float32Array.from(command.action.data, Number));
  return envProcessor.apply({
    observation: toTensors(result.observation, env.observationSpace),
    action: command.action,
    reward: command.info.success === true ? command.reward : result.reward,
    terminated: result.terminated || command.terminated,
    truncated: result.truncated || command.truncated,
    teleoperation,
    info: {
      ...mergeInfo(result.info, command.info),
      environment: { reward: result.reward, terminated: result.terminated },
    },
    complementaryData: command.complementaryData,
  });
}

function mergeInfo(environment: Info, person: Info): Info {
  const merged: Record<string, unknown> = { ...environment, ...person };
  for (const [key, value] of Object.entries(environment)) if (value === true) merged[key] = true;
  return merged;
}

/** An environment's arrays with the shapes that its space declares. */
export function toTensors(observation: Observation, space: ObservationSpace): TensorRecord {
  const tensors = Object.entries(space).map(([key, { dtype, shape }]) => {
    const data = observation[key];
    if (data === undefined) throw new Error(`the environment declares "${key}" but did not report it`);
    return [key, new Tensor(dtype, shape, data)] as const;
  });
  return Object.fromEntries(tensors);
}
