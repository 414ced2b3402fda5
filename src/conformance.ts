/** `handrail/conformance`: what an implementation of ours or of a third party has to pass, as tests. Needs Vitest. */
export { type AlgorithmSubject, describeAlgorithm } from "./algorithms/conformance.ts";
export { describePolicy, type PolicySubject } from "./policies/conformance.ts";
export { describeReplayStore, type ReplayStoreSubject } from "./replay/conformance.ts";
export { describeRewardModel, type RewardModelSubject } from "./rewards/conformance.ts";
export { describeEnv, type EnvSubject } from "./rollout/env_conformance.ts";
export {
  describeTeleoperator,
  type TeleopButton,
  type TeleoperatorHands,
  type TeleoperatorSubject,
  type TestedTeleoperator,
} from "./teleoperators/conformance.ts";
export { type ConformanceOptions, describeBackend } from "./tensor/backends/conformance/describe_backend.ts";
export { describeTransport } from "./transport/conformance/describe_transport.ts";
export type { TestFunctions } from "./utils/test_functions.ts";
