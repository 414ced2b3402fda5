/** The place from which a person demonstrates: everything that `recordDemonstrations` and the dashboard share. */
import type { RunEvents } from "../../../metrics/index.ts";
import { type ActorObserver, Pace, StopSwitch } from "../../../rollout/index.ts";
import type { RecordDemonstrationsOptions, RecordedEpisode } from "../../../rollout/recording/record_demonstrations.ts";
import type { ConfiguredEnv } from "../../../runs/make_processed_env.ts";
import type { RecordingSession } from "../../run_state.ts";
import { DashboardTeleoperator } from "../dashboard_teleoperator.ts";
import { LiveObserver } from "../live_observer.ts";
import type { DashboardRun } from "./run.ts";

/** Who acts in the events of a recording. */
const NAME = "recording";
/** A tap is shorter than the arm looks up, and must begin an episode all the same. */
const TAP_MS = 200;

export interface RecordingSeatOptions {
  /** What the page calls it. */
  readonly name: string;
  readonly processedEnv: ConfiguredEnv;
  readonly config?: DashboardRun["config"];
  readonly events: RunEvents;
  readonly controlFrequencyHz: number;
  /** What is recorded, for the page to say. */
  readonly session?: {
    readonly task: string;
    readonly episodes: number;
    /** Robot time after which an episode ends by itself. */
    readonly episodeS?: number;
  };
}

export class RecordingSeat {
  /** For `startDashboard`. */
  readonly run: DashboardRun;
  /** For `recordDemonstrations`: an episode begins when the person takes over. */
  readonly recording: Required<
    Pick<
      RecordDemonstrationsOptions,
      "teleoperators" | "observers" | "hasBegun" | "onUndecided" | "stopSwitch" | "pacingHz"
    >
  >;
  readonly #teleoperator: DashboardTeleoperator;
  readonly #events: RunEvents;
  readonly #options: RecordingSeatOptions;
  readonly #stopSwitch = new StopSwitch();
  readonly #pace: Pace;
  #saved = 0;
  #isOver = false;
  /** Steps of the episode that is being recorded; undefined while none is. */
  #length: number | undefined;
  /** That episode is over, and somebody is to say what it was. */
  #isUndecided = false;
  #episodes = 0;
  #steps = 0;
  /** Hands that still lie on the keys from the last episode don't begin the next one. */
  #handsWereOff = false;

  /** @throws Error where the page can't steer actions of the environment's shape. */
  constructor(options: RecordingSeatOptions) {
    const { name, processedEnv, config = {}, events, controlFrequencyHz, session } = options;
    this.#options = options;
    // People drive in real time, or as fast as they wish.
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
      ...{ teleoperators: [this.#teleoperator], observers: [own, live], stopSwitch },
      hasBegun: () => this.#hasBegun(),
      onUndecided: () => {
        this.#isUndecided = true;
      },
      pacingHz: () => this.#pace.frequencyHz,
    };
    this.run = {
      ...{ name, mode: "live", config, history: [], events, controlFrequencyHz },
      ...(display && { scene: display }),
      teleoperator: this.#teleoperator,
      watched: { observer: live, actor: NAME },
      actions: { stop: stopSwitch, pace: this.#pace },
      ...(session && { recordingSession: () => this.#session(session) }),
    };
  }

  /** Tells the page's curves of an episode that is over; to be given to `recordDemonstrations` as well. */
  onEpisode(episode: RecordedEpisode): void {
    this.#steps += episode.frames;
    if (episode.kept) this.#saved += 1;
    this.#events.emit({
      ...{ type: "episode", actor: NAME, episode: ++this.#episodes, interaction_step: this.#steps },
      ...{ episodic_return: episode.totalReward, episode_length: episode.frames, outcome: episode.outcome },
      ...{ intervention_steps: episode.interventionSteps, duration_s: episode.durationS },
    });
  }

  /** Nothing more is recorded. To be called before the dashboard is closed. */
  end(): void {
    this.#isOver = true;
  }

  #session({ task, episodes: wanted, episodeS }: NonNullable<RecordingSeatOptions["session"]>): RecordingSession {
    const saved = this.#saved;
    const is_over = this.#isOver || saved >= wanted;
    const recordedS = (this.#length ?? 0) / this.#options.controlFrequencyHz;
    const isCounting = this.#length !== undefined && !this.#isUndecided && episodeS !== undefined;
    return {
      ...{ task, saved, wanted, is_over },
      seconds_left: isCounting ? Math.max(0, Math.round(10 * (episodeS - recordedS)) / 10) : null,
      waiting_for: is_over ? null : this.#waitingFor(),
    };
  }

  #waitingFor(): RecordingSession["waiting_for"] {
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
