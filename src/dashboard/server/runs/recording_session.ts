/** Connects `recordDemonstrations` with the dashboard: the person drives, labels and stops from the page. */
import type { RunEvents } from "../../../metrics/index.ts";
import { type ActorObserver, Pace, StopSwitch } from "../../../rollout/index.ts";
import type { RecordDemonstrationsOptions, RecordedEpisode } from "../../../rollout/recording/record_demonstrations.ts";
import type { ConfiguredEnv } from "../../../runs/make_processed_env.ts";
import type { RecordingState } from "../../run_state.ts";
import { DashboardTeleoperator } from "../dashboard_teleoperator.ts";
import { LiveObserver } from "../live_observer.ts";
import type { DashboardRun } from "./run.ts";

/** The actor's name in the events of a recording. */
const NAME = "recording";
/** A tap is shorter than a control step and must start an episode all the same. */
const TAP_MS = 200;

export interface RecordingSessionOptions {
  /** Name shown on the page. */
  readonly name: string;
  readonly processedEnv: ConfiguredEnv;
  readonly config?: DashboardRun["config"];
  readonly events: RunEvents;
  readonly controlFrequencyHz: number;
  /** Shown on the page. */
  readonly session?: {
    readonly task: string;
    readonly episodes: number;
    /** Time limit of an episode, seconds of robot time. */
    readonly episodeS?: number;
  };
}

export class RecordingSession {
  /** For `startDashboard`. */
  readonly run: DashboardRun;
  /** Options for `recordDemonstrations`: an episode starts when the person takes over. */
  readonly recording: Required<
    Pick<
      RecordDemonstrationsOptions,
      "teleoperators" | "observers" | "hasBegun" | "onUndecided" | "stopSwitch" | "pacingHz"
    >
  >;
  readonly #teleoperator: DashboardTeleoperator;
  readonly #events: RunEvents;
  readonly #options: RecordingSessionOptions;
  readonly #stopSwitch = new StopSwitch();
  readonly #pace: Pace;
  #saved = 0;
  #isOver = false;
  /** Steps of the running episode; undefined between episodes. */
  #length: number | undefined;
  /** The episode has ended and needs a label. */
  #isUndecided = false;
  #episodes = 0;
  #steps = 0;
  /** Keys that are still held from the last episode don't start the next one. */
  #handsWereOff = false;

  /** @throws Error if the page can't steer actions of the environment's shape. */
  constructor(options: RecordingSessionOptions) {
    const { name, processedEnv, config = {}, events, controlFrequencyHz, session } = options;
    this.#options = options;
    // Real time even without a person in control.
    this.#pace = new Pace({ robotHz: controlFrequencyHz, alwaysReal: true });
    const { policyActionSpace, display } = processedEnv;
    this.#teleoperator = new DashboardTeleoperator(policyActionSpace);
    this.#events = events;
    const live = new LiveObserver();
    const stopSwitch = this.#stopSwitch;
    const own: ActorObserver = {
      onEpisodeStart: () => {
        this.#handsWereOff = this.#episodes === 0;
        this.#length = undefined;
      },
      onStep: () => {
        this.#length = (this.#length ?? 0) + 1;
      },
      onEpisodeEnd: () => {
        this.#length = undefined;
        this.#isUndecided = false;
      },
    };
    this.recording = {
      teleoperators: [this.#teleoperator],
      observers: [own, live],
      stopSwitch,
      hasBegun: () => this.#hasBegun(),
      onUndecided: () => {
        this.#isUndecided = true;
      },
      pacingHz: () => this.#pace.frequencyHz,
    };
    this.run = {
      name,
      mode: "live",
      config,
      history: [],
      events,
      controlFrequencyHz,
      ...(display && { scene: display }),
      teleoperator: this.#teleoperator,
      watched: { observer: live, actor: NAME },
      actions: { stop: stopSwitch, pace: this.#pace },
      ...(session && { recordingSession: () => this.#session(session) }),
    };
  }

  /** Emits the event of a finished episode. Pass it to `recordDemonstrations` as well. */
  onEpisode(episode: RecordedEpisode): void {
    this.#steps += episode.frames;
    if (episode.kept) this.#saved += 1;
    this.#events.emit({
      type: "episode",
      actor: NAME,
      episode: ++this.#episodes,
      interaction_step: this.#steps,
      episodic_return: episode.totalReward,
      episode_length: episode.frames,
      outcome: episode.outcome,
      intervention_steps: episode.interventionSteps,
      duration_s: episode.durationS,
    });
  }

  /** Marks the session as over. Call it before closing the dashboard. */
  end(): void {
    this.#isOver = true;
  }

  #session({ task, episodes: wanted, episodeS }: NonNullable<RecordingSessionOptions["session"]>): RecordingState {
    const saved = this.#saved;
    const is_over = this.#isOver || saved >= wanted;
    const recordedS = (this.#length ?? 0) / this.#options.controlFrequencyHz;
    const isCounting = this.#length !== undefined && !this.#isUndecided && episodeS !== undefined;
    return {
      task,
      saved,
      wanted,
      is_over,
      seconds_left: isCounting ? Math.max(0, Math.round(10 * (episodeS - recordedS)) / 10) : null,
      waiting_for: is_over ? null : this.#waitingFor(),
    };
  }

  #waitingFor(): RecordingState["waiting_for"] {
    if (this.#stopSwitch.held) return "release_stop";
    if (this.#isUndecided) return "verdict";
    if (this.#length !== undefined) return null;
    if (!this.#pace.attended) return "control";
    return this.#handsWereOff ? "movement" : "hands_off";
  }

  #hasBegun(): boolean {
    const steers = this.#teleoperator.steeredWithin(TAP_MS);
    if (!steers) this.#handsWereOff = true;
    return steers && this.#handsWereOff;
  }
}
