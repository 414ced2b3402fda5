/** The episodes of an evaluation, one after another. */
import type { TeleoperatorGroup } from "../../teleoperators/teleoperator_group.ts";
import { ControlClock } from "../control/control_clock.ts";
import { Gate } from "../control/gate.ts";
import { StopSwitch } from "../control/stop_switch.ts";
import { Episode } from "../episode.ts";
import { EpisodeRunner } from "../episode_runner.ts";
import { Observers, type WatchedStep } from "../observer.ts";
import { PolicyController } from "../policy_controller.ts";
import { teleoperated } from "../teleoperated_controller.ts";
import type { EvaluatedEpisode, EvaluatePolicyOptions } from "./evaluation_options.ts";

export interface EvaluationEpisodesOptions
  extends Pick<
    EvaluatePolicyOptions,
    "processedEnv" | "policy" | "processors" | "stopSwitch" | "signal" | "observers" | "beforeStep" | "pacingHz"
  > {
  readonly deterministic: boolean;
  readonly teleoperators: TeleoperatorGroup;
}

const NEVER = new AbortController().signal;

export class EvaluationEpisodes {
  readonly #policy: EvaluationEpisodesOptions["policy"];
  readonly #deterministic: boolean;
  readonly #signal: AbortSignal;
  readonly #gate: Gate;
  readonly #observers: Observers<WatchedStep>;
  readonly #runner: EpisodeRunner;

  constructor(options: EvaluationEpisodesOptions) {
    const {
      processedEnv,
      policy,
      processors,
      teleoperators,
      beforeStep,
      pacingHz,
      stopSwitch,
      signal = NEVER,
    } = options;
    const { policyActionSpace: actionSpace } = processedEnv;
    this.#policy = policy;
    this.#deterministic = options.deterministic;
    this.#signal = signal;
    this.#gate = new Gate({ stopSwitch: stopSwitch ?? new StopSwitch() });
    this.#observers = new Observers<WatchedStep>(options.observers ?? [], (error) => {
      throw error;
    });
    const alone = new PolicyController({ policy, processors, actionSpace });
    const controller = teleoperated(alone, teleoperators, actionSpace);
    this.#runner = new EpisodeRunner({
      processedEnv,
      controller,
      gate: this.#gate,
      signal,
      ...(pacingHz !== undefined && { clock: new ControlClock(pacingHz) }),
      ...(beforeStep && { beforeStep }),
      sink: {
        onEpisodeStart: (start) => this.#observers.onEpisodeStart(start),
        onStep: ({ transition: _, ...step }) => this.#observers.onStep(step),
      },
    });
  }

  /**
   * Plays one episode. While the robot must stand still it waits before the reset.
   *
   * @returns `"aborted"` when the signal ended it, `"again"` when an emergency stop did or an operator wants it played again.
   */
  async play({
    episode: number,
    seed,
  }: Pick<EvaluatedEpisode, "episode" | "seed">): Promise<EvaluatedEpisode | "aborted" | "again"> {
    await this.#gate.untilFree(this.#signal);
    const episode = new Episode(number + 1, this.#deterministic);
    await this.#policy.reset();
    const { ending, fault } = await this.#runner.run(episode, { seed });
    if (fault) throw fault;
    if (ending === "aborted") return ending;
    if (ending === "held") return "again";
    const end = episode.end();
    this.#observers.onEpisodeEnd(end);
    const { outcome, episodicReturn, length, interventionSteps } = end;
    if (outcome === "rerecorded") return "again";
    return {
      episode: number,
      seed,
      success: outcome === "success",
      episodicReturn,
      length,
      operatorSteps: interventionSteps,
    };
  }
}
