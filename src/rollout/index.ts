/** The robot's side: loops that drive an environment for training, evaluation, recording and replay. */
export { Actor } from "./actor/actor.ts";
export type { ActorOptions as ActorLoopOptions, ActorSummary } from "./actor/actor_options.ts";
export type { ActorState } from "./actor/actor_status.ts";
export { type Acting, chooseAction } from "./choose_action.ts";
export { ControlClock, type ControlJitter } from "./control/control_clock.ts";
export { Gate, type GateOptions, type Obstacle } from "./control/gate.ts";
export { Pace, type PaceOptions, type Speed } from "./control/pace.ts";
export { StopSwitch, type SwitchState } from "./control/stop_switch.ts";
export { Watchdog, type WatchdogSettings } from "./control/watchdog.ts";
export {
  resetAndBuildTransition,
  type StepInput,
  stepEnvAndProcessTransition,
} from "./env_step.ts";
export { Episode } from "./episode.ts";
export {
  type Controller,
  type Decision,
  type EpisodeBeginning,
  EpisodeRunner,
  type EpisodeRunnerOptions,
  type EpisodeSink,
  type PlayedEpisode,
  type PlayedStep,
} from "./episode_runner.ts";
export { describeReport, type ReportLines } from "./evaluation/describe_report.ts";
export { evaluatePolicy } from "./evaluation/evaluate_policy.ts";
export type { EvaluatedEpisode, EvaluatePolicyOptions, Player } from "./evaluation/evaluation_options.ts";
export { FILM_SIZE_PX, Film, type FilmOptions, filmFormatOf } from "./evaluation/film.ts";
export { weightsSha256 } from "./evaluation/weights_hash.ts";
export { wilsonInterval } from "./evaluation/wilson_interval.ts";
export type { EpisodeLabel } from "./label.ts";
export type {
  ActorObserver,
  ActorStep,
  EpisodeEnd,
  EpisodeObserver,
  EpisodeOutcome,
  EpisodeStart,
  WatchedStep,
} from "./observer.ts";
export { PolicyController } from "./policy_controller.ts";
export { EpisodeRecorder, RECORDED_EPISODES } from "./recording/episode_recorder.ts";
export {
  type RecordDemonstrationsOptions,
  type RecordedEpisode,
  recordDemonstrations,
} from "./recording/record_demonstrations.ts";
export { recordingFeatures } from "./recording/recording.ts";
export type { DemonstrationPlayer, PlayedDemonstration } from "./recording/shared_attempts.ts";
export { type ReplayEpisodeOptions, type ReplayedEpisode, replayEpisode } from "./replay_episode.ts";
export { SensorFaultError } from "./sensor_fault.ts";
export { teleoperated } from "./teleoperated_controller.ts";
