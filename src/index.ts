/**
 * `handrail`: what most programs need, and the contracts that plug-ins implement. The rest is exported by its room, such
 * as `handrail/replay` or `handrail/metrics`.
 *
 * Each name comes from its own file, not from a room's `index.ts`, so that an import loads little. A test counts the names.
 */
export type { BatchIterator, RLAlgorithm, TrainingBatch } from "./algorithms/algorithm.ts";
export { CompiledAlgorithm } from "./algorithms/compiled_algorithm.ts";
export { loadPlugins } from "./algorithms/plugins.ts";
export { type AlgorithmOptions, makeAlgorithm, makeAlgorithmConfig, registerAlgorithm } from "./algorithms/registry.ts";
export { TrainingStats } from "./algorithms/training_stats.ts";
export { ConfigError } from "./config/error.ts";
export type { BoxSpace, Env, Observation, ResetOptions, ResetResult, StepResult } from "./envs/env.ts";
export { makeEnv, registerEnv } from "./envs/make_env.ts";
export { closeProcessedEnv } from "./envs/processed_env.ts";
export { Learner } from "./learning/learner.ts";
export type { RunEvent } from "./metrics/run_event.ts";
export { RunEvents } from "./metrics/run_events.ts";
export { CompiledPolicy } from "./policies/compiled_policy.ts";
export {
  type GaussianActorConfig,
  GaussianActorConfigSchema,
} from "./policies/gaussian_actor/config.ts";
export { GaussianActorPolicy } from "./policies/gaussian_actor/policy.ts";
export type { Policy, PolicyOptions } from "./policies/policy.ts";
export { loadPretrainedPolicy, makePolicy, registerPolicy } from "./policies/registry.ts";
export { DataProcessorPipeline } from "./processors/pipeline.ts";
export { makePolicyProcessors, policyProcessorsOf } from "./processors/policy_processors.ts";
export type { ProcessorStep } from "./processors/step.ts";
export { processorSteps } from "./processors/step_registry.ts";
export type { ReplayFeatures } from "./replay/features.ts";
export { ReplayBuffer } from "./replay/replay_buffer.ts";
export type { Transition } from "./replay/transition.ts";
export { registerRewardModel } from "./rewards/registry.ts";
export type { RewardModel } from "./rewards/reward_model.ts";
export { chooseAction } from "./rollout/choose_action.ts";
export { resetAndBuildTransition, stepEnvAndProcessTransition } from "./rollout/env_step.ts";
export { describeReport } from "./rollout/evaluation/describe_report.ts";
export { evaluatePolicy } from "./rollout/evaluation/evaluate_policy.ts";
export { recordDemonstrations } from "./rollout/recording/record_demonstrations.ts";
export { type LoadedPolicy, loadPolicy } from "./runs/evaluation/load_policy.ts";
export { type ActorHandle, makeActor } from "./runs/make_actor.ts";
export { type ConfiguredEnv, makeProcessedEnv } from "./runs/make_processed_env.ts";
export { type TrainRLServerPipelineConfig, TrainRLServerPipelineConfigSchema } from "./settings/config.ts";
export { loadTrainingConfig } from "./settings/load_training_config.ts";
export { registerTeleoperator } from "./teleoperators/registry.ts";
export { ScriptedOperator } from "./teleoperators/scripted/scripted_operator.ts";
export { NO_EVENTS, type TeleopEvents, type Teleoperator } from "./teleoperators/teleoperator.ts";
export { Random } from "./tensor/random.ts";
export { loadSafetensors, saveSafetensors } from "./tensor/safetensors/file.ts";
export { Tensor } from "./tensor/tensor.ts";
export { GrpcTransport } from "./transport/grpc/grpc_transport.ts";
export { InProcessTransport } from "./transport/in_process/in_process_transport.ts";
export type { Transport } from "./transport/transport.ts";
export { resolvePretrained } from "./utils/hub/hub.ts";
export { pushToHub } from "./utils/hub/push_to_hub.ts";
export { requirePackage } from "./utils/require_package.ts";
