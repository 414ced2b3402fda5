/**
 * The interface between the dashboard and a run. Every capability is an optional object; the page offers only those that
 * the run provides.
 */
import type { SceneSource } from "../../../envs/scene_source.ts";
import type { RunEvent, RunEvents } from "../../../metrics/index.ts";
import type { RecordingState, Speed } from "../../run_state.ts";
import type { DashboardTeleoperator } from "../dashboard_teleoperator.ts";
import type { EpisodeSource } from "../episodes/episode_source.ts";
import type { LiveObserver } from "../live_observer.ts";
import type { RunStatus } from "./run_status.ts";

/** The robot's emergency stop: it holds its position until released. */
export interface StopControl {
  hold(): void | Promise<void>;
  release(): void | Promise<void>;
}

export interface PauseControl {
  pause(): void | Promise<void>;
  resume(): void | Promise<void>;
}

export interface LearnerControl extends PauseControl {
  /** @returns the checkpoint's folder. */
  saveCheckpoint(): Promise<string>;
}

export interface EvaluationControl {
  /** Resolves when the evaluation has finished; its report arrives as an event. */
  evaluateNow(): Promise<void>;
}

/** The scripted operator's readiness to take over, in [0, 1]. */
export interface OperatorControl {
  readonly interventionRate: number;
  setInterventionRate(rate: number): void;
}

export interface LabelControl {
  /**
   * Undoes the last success or failure label of a person, in the replay buffer as well.
   *
   * @returns the undone label and its episode.
   * @throws Error if there is no label to undo.
   */
  undoLabel(): Promise<{ readonly label: "success" | "failure"; readonly episode: number }>;
}

/** Records episodes as a dataset. */
export interface RecordingControl {
  /** Folder of the dataset. */
  readonly root: string;
  /** Starts with the next episode. */
  start(): Promise<void>;
  /** @returns the number of episodes in the dataset. */
  stop(): Promise<number>;
}

/** Pacing of control steps; implemented by `Pace`. */
export interface PaceControl {
  /** Applies while a person is in control. */
  speed: Speed;
  /** Whether a person is in control; set by the dashboard. */
  attended: boolean;
  /** undefined: as fast as possible. */
  readonly frequencyHz: number | undefined;
}

export interface RunActions {
  readonly stop?: StopControl;
  readonly actor?: PauseControl;
  readonly learner?: LearnerControl;
  readonly evaluation?: EvaluationControl;
  readonly operator?: OperatorControl;
  readonly labels?: LabelControl;
  readonly recording?: RecordingControl;
  readonly pace?: PaceControl;
}

/** Whether the run has a robot, which one page at a time controls. Without a robot, every page may send commands. */
export function hasRobot({ teleoperator, watched, actions }: DashboardRun): boolean {
  return [teleoperator, watched, actions.stop, actions.actor].some((part) => part !== undefined);
}

export interface DashboardRun {
  readonly name: string;
  /** "live": running. "review": finished or in another process; nothing can be driven. */
  readonly mode: "live" | "review";
  readonly config: Readonly<Record<string, unknown>>;
  /** The config's default values, so that the page can show the differences. */
  readonly configDefaults?: Readonly<Record<string, unknown>> | null;
  /** Events from before the dashboard started, oldest first. */
  readonly history: readonly RunEvent[];
  /** New events. The dashboard emits people's actions here, too. */
  readonly events?: RunEvents;
  readonly controlFrequencyHz?: number;
  /** Body poses for the 3-D view. Read in the control loop, from `watched.observer`. */
  readonly scene?: SceneSource;
  /** The page's teleoperator; pass the same object to the actor. */
  readonly teleoperator?: DashboardTeleoperator;
  /** The observer of the named actor's control steps; pass the same object to the actor. */
  readonly watched?: { readonly observer: LiveObserver; readonly actor: string };
  readonly actions: RunActions;
  /** Goal, phase and progress. */
  readonly status?: RunStatus;
  /** State of a recording session; read several times a second. */
  readonly recordingSession?: () => RecordingState;
  /** Source of episodes to play back. Default: the recordings in `folder`. */
  readonly episodes?: EpisodeSource;
  /** The run's folder; recordings are kept in its `recordings/`. Without it none are kept. */
  readonly folder?: string;
}
