/** The control loop: what drives the robot. */
export { Actor, type ActorOptions as ActorLoopOptions, type ActorSummary } from "./actor.ts";
export type { ActorState } from "./actor_status.ts";
export { ControlClock, type ControlJitter } from "./control_clock.ts";
export type { EpisodeLabel } from "./label.ts";
export { type MadeActor, type MakeActorOptions, makeActor } from "./make_actor.ts";
export type {
  ActorObserver,
  ActorStep,
  EpisodeEnd,
  EpisodeObserver,
  EpisodeOutcome,
  EpisodeStart,
  WatchedStep,
} from "./observer.ts";
export { Pace, type PaceOptions, type Speed } from "./pace.ts";
export {
  type RemoteActorSummary,
  type RunRemoteActorOptions,
  runRemoteActor,
  transportNotices,
} from "./run_remote_actor.ts";
export { StopSwitch } from "./stop_switch.ts";
export { Watchdog, type WatchdogSettings } from "./watchdog.ts";
