/**
 * What the dashboard needs to know about a run and may do to it. Every capability is an object that a run carries or
 * lacks; the page shows what is there and nothing else.
 */
import type { SceneSource } from "../../../envs/scene_source.ts";
import type { RunEvent, RunEvents } from "../../../metrics/index.ts";
import type { RecordingSession, Speed } from "../../run_state.ts";
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
  /** Resolves when the evaluation has been made; its report arrives as an event. */
  evaluateNow(): Promise<void>;
}

/** The scripted operator's readiness to take over, in [0, 1]. */
export interface OperatorControl {
  readonly interventionRate: number;
  setInterventionRate(rate: number): void;
}

export interface LabelControl {
  /**
   * Takes the last success or failure that a person declared back, in the replay buffer as well.
   *
   * @returns what was taken back, and of which episode.
   * @throws Error when there is nothing to take back.
   */
  undoLabel(): Promise<{ readonly label: "success" | "failure"; readonly episode: number }>;
}

/** Keeps episodes as a dataset. */
export interface RecordingControl {
  /** Folder of the dataset. */
  readonly root: string;
  /** From the next episode on. */
  start(): Promise<void>;
  /** @returns episodes in the dataset. */
  stop(): Promise<number>;
}

/** How fast time passes; `Pace` is one. */
export interface PaceControl {
  /** While a person holds control. */
  speed: Speed;
  /** Set by the dashboard: whether a person holds control. */
  attended: boolean;
  /** undefined: as fast as everything goes. */
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

export interface DashboardRun {
  readonly name: string;
  /** "live": it goes on. "review": it is over; nothing can be driven. */
  readonly mode: "live" | "review";
  readonly config: Readonly<Record<string, unknown>>;
  /** The same with nothing set, so that a page can show what was. */
  readonly configDefaults?: Readonly<Record<string, unknown>> | null;
  /** What happened before the dashboard was started, oldest first. */
  readonly history: readonly RunEvent[];
  /** What happens from now on. The dashboard also reports here what people do. */
  readonly events?: RunEvents;
  readonly controlFrequencyHz?: number;
  /** Where the bodies are, for the 3-D view. Read in the control loop's thread, within `observer`. */
  readonly scene?: SceneSource;
  /** What people steer with: give the same object to the actor. */
  readonly teleoperator?: DashboardTeleoperator;
  /** Tells of every control step of the actor of this name: give the same object to the actor. */
  readonly watched?: { readonly observer: LiveObserver; readonly actor: string };
  readonly actions: RunActions;
  /** What the run is for and where it stands. */
  readonly status?: RunStatus;
  /** Of a recording session, asked for several times a second. */
  readonly recordingSession?: () => RecordingSession;
  /** Where episodes for playing back come from, when it is not the run's folder. */
  readonly episodes?: EpisodeSource;
  /** The run's folder: replays of episodes are kept in `recordings/` in it. Without it none are kept. */
  readonly folder?: string;
}
