/** The place from which a person demonstrates: everything that `recordDemonstrations` and the dashboard share. */
import type { RunEvents } from "../../metrics/index.ts";
import { type ActorObserver, StopSwitch } from "../../training/actor/index.ts";
import type { ConfiguredEnv } from "../../training/make_processed_env.ts";
import type { RecordDemonstrationsOptions, RecordedEpisode } from "../../training/record_demonstrations.ts";
import { DashboardTeleoperator } from "./dashboard_teleoperator.ts";
import { LiveObserver } from "./live_observer.ts";
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
}

export class RecordingSeat {
  /** For `startDashboard`. */
  readonly run: DashboardRun;
  /** For `recordDemonstrations`: an episode begins when the person takes over. */
  readonly recording: Required<
    Pick<RecordDemonstrationsOptions, "teleoperators" | "observers" | "hasBegun" | "stopSwitch">
  >;
  readonly #teleoperator: DashboardTeleoperator;
  readonly #events: RunEvents;
  #episodes = 0;
  #steps = 0;
  /** Hands that still lie on the keys from the last episode don't begin the next one. */
  #handsWereOff = false;

  /** @throws Error where the page can't steer actions of the environment's shape. */
  constructor({ name, processedEnv, config = {}, events, controlFrequencyHz }: RecordingSeatOptions) {
    const { env, display } = processedEnv;
    this.#teleoperator = new DashboardTeleoperator(env.actionSpace);
    this.#events = events;
    const live = new LiveObserver();
    const stopSwitch = new StopSwitch();
    const own: ActorObserver = {
      onEpisodeStart: () => {
        this.#handsWereOff = this.#episodes === 0;
      },
    };
    this.recording = {
      ...{ teleoperators: [this.#teleoperator], observers: [own, live], stopSwitch },
      hasBegun: () => this.#hasBegun(),
    };
    this.run = {
      ...{ name, mode: "live", config, history: [], events, controlFrequencyHz },
      ...(display && { scene: display }),
      teleoperator: this.#teleoperator,
      watched: { observer: live, actor: NAME },
      actions: { stop: stopSwitch },
    };
  }

  /** Tells the page's curves of an episode that is over; to be given to `recordDemonstrations` as well. */
  onEpisode(episode: RecordedEpisode): void {
    this.#steps += episode.frames;
    this.#events.emit({
      ...{ type: "episode", actor: NAME, episode: ++this.#episodes, interaction_step: this.#steps },
      ...{ episodic_return: episode.totalReward, episode_length: episode.frames, outcome: episode.outcome },
      ...{ intervention_steps: episode.interventionSteps, duration_s: episode.durationS },
    });
  }

  #hasBegun(): boolean {
    const steers = this.#teleoperator.steeredWithin(TAP_MS);
    if (!steers) this.#handsWereOff = true;
    return steers && this.#handsWereOff;
  }
}
