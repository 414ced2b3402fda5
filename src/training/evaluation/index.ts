/** How good a policy is, and which policy it was. */
export { type EvaluatePolicyOptions, evaluatePolicy } from "./evaluate_policy.ts";
export type { EvaluatedEpisode } from "./play_episode.ts";
export { weightsSha256 } from "./weights_hash.ts";
export { wilsonInterval } from "./wilson_interval.ts";
