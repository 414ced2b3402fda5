/** How good a policy is, and which policy it was. */
export { describeReport, type ReportLines } from "./describe_report.ts";
export { type EvaluatePolicyOptions, evaluatePolicy } from "./evaluate_policy.ts";
export { FILM_SIZE_PX, Film, type FilmOptions, filmFormatOf } from "./film.ts";
export { type FoundPolicy, findPolicy, type HubOptions } from "./find_policy.ts";
export { type LoadedPolicy, loadPolicy } from "./load_policy.ts";
export type { EvaluatedEpisode } from "./play_episode.ts";
export { weightsSha256 } from "./weights_hash.ts";
export { wilsonInterval } from "./wilson_interval.ts";
