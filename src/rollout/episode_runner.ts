/**
 * The control loop of one episode, with any source of actions and any sink for the steps:
 * reset · (wait until the robot may move · wait for the step's time · choose · act · pass the step on) until it is over.
 * Acting, recording, evaluating, replaying and the doctor's rollout all run here.
 */

import type { ProcessedEnv } from "../envs/processed_env.ts";
import type { ProcessorTransition, Teleoperation } from "../processors/transition.ts";
import { executedAction } from "../spec/experience.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { ControlClock } from "./control/control_clock.ts";
import { Gate } from "./control/gate.ts";
import { StopSwitch } from "./control/stop_switch.ts";
import { resetAndBuildTransition, stepEnvAndProcessTransition } from "./env_step.ts";
import type { Episode } from "./episode.ts";
import type { EpisodeStart, WatchedStep } from "./observer.ts";
import { SensorFaultError } from "./sensor_fault.ts";

/** The action of one step. */
export interface Decision {
  /** In the environment's `policyActionSpace`. */
  readonly action: Tensor<"float32">;
  /** The person's input in this step. */
  readonly teleoperation?: Teleoperation | null;
}

/** Chooses the actions of an episode: a policy, a person, a recording. */
export interface Controller {
  /** Called before the first step. */
  startEpisode?(start: EpisodeStart): void;
  /** Whether the first step may be taken: a person may not be ready yet. Default: true. */
  hasBegun?(): boolean;
  /** @returns undefined to end the episode before this step. */
  act(observation: TensorRecord, episode: Episode): Promise<Decision | undefined> | Decision | undefined;
}

export interface PlayedStep extends WatchedStep {
  readonly transition: ProcessorTransition;
}

/** Receives the steps: an outbox, a dataset, displays. The next step waits for it. */
export interface EpisodeSink {
  onEpisodeStart?(start: EpisodeStart): void;
  onStep?(step: PlayedStep, episode: Episode): void | Promise<void>;
}

export interface EpisodeRunnerOptions {
  readonly processedEnv: ProcessedEnv;
  readonly controller: Controller;
  readonly sink?: EpisodeSink;
  /** Clock that paces the steps. Default: no pacing. */
  readonly clock?: ControlClock;
  /** Awaited before every step, ahead of everything else. */
  readonly beforeStep?: (signal: AbortSignal) => void | Promise<void>;
  /** Whether the robot may move. Default: always. */
  readonly gate?: Gate;
  /** Environment steps taken before. */
  readonly stepsTaken?: number;
  /** Ends the episode after the current step. */
  readonly signal?: AbortSignal;
}

export interface EpisodeBeginning {
  /** Seed of the environment's reset. Default: its generator continues. */
  readonly seed?: number;
  /** Further resets after the first one, without a seed. */
  readonly resets?: number;
}

export interface PlayedEpisode {
  /**
   * `"over"`: the environment or a person ended it; `"held"`: the robot was held, so that it could not continue;
   * `"exhausted"`: the controller had no further action; `"aborted"`: the signal ended it; `"sensor_fault"`: an observation
   * was incomplete or not finite, and the robot holds.
   */
  readonly ending: "over" | "held" | "exhausted" | "aborted" | "sensor_fault";
  /** The last step, or the reset where no step was taken; undefined where not even the reset was completed. */
  readonly last: ProcessorTransition | undefined;
  /** With `"sensor_fault"`. */
  readonly fault?: SensorFaultError;
}

const NEVER = new AbortController().signal;
/** Polling period for a controller that has not begun, in seconds. */
const BEGIN_PERIOD_S = 0.05;

export class EpisodeRunner {
  readonly #options: EpisodeRunnerOptions;
  readonly #gate: Gate;
  readonly #signal: AbortSignal;
  #stepsTaken: number;

  constructor(options: EpisodeRunnerOptions) {
    this.#options = options;
    this.#gate = options.gate ?? new Gate({ stopSwitch: new StopSwitch() });
    this.#signal = options.signal ?? NEVER;
    this.#stepsTaken = options.stepsTaken ?? 0;
  }

  /** Environment steps so far, those before this process included. */
  get stepsTaken(): number {
    return this.#stepsTaken;
  }

  /**
   * Plays one episode. `episode` counts it. However it ends, the robot holds afterwards.
   *
   * @throws the environment's, a processor's, the controller's or the sink's error.
   */
  async run(episode: Episode, beginning: EpisodeBeginning = {}): Promise<PlayedEpisode> {
    // The robot may have been stopped since the caller checked; then not even the reset may begin.
    if (this.#gate.stopSwitch.held) return { ending: "held", last: undefined };
    const { env } = this.#options.processedEnv;
    const reached: { last: ProcessorTransition | undefined } = { last: undefined };
    let ending: PlayedEpisode["ending"];
    try {
      ending = await this.#play(episode, beginning, reached);
    } catch (error) {
      const held = (async () => env.hold?.())();
      if (!(error instanceof SensorFaultError)) {
        // The first error says more than a failing hold.
        await held.catch(() => {});
        throw error;
      }
      await held;
      return { ending: "sensor_fault", ...reached, fault: error };
    }
    // Nothing may move between episodes, while people put objects back, or after the run. A stop has held it already.
    if (ending !== "held") await env.hold?.();
    return { ending, ...reached };
  }

  /** @param reached Called with every transition. */
  async #play(
    episode: Episode,
    beginning: EpisodeBeginning,
    reached: { last: ProcessorTransition | undefined },
  ): Promise<PlayedEpisode["ending"]> {
    const { processedEnv, controller, sink, clock, beforeStep } = this.#options;
    const { env } = processedEnv;
    const [gate, signal] = [this.#gate, this.#signal];
    const { holds } = gate.stopSwitch;
    const wasHeld = () => gate.stopSwitch.holds !== holds;
    let last = await this.#reset(beginning);
    if (last === undefined) return wasHeld() ? "held" : "aborted";
    reached.last = last;
    const { seed } = beginning;
    const start = { episode: episode.number, observation: last.observation!, ...(seed !== undefined && { seed }) };
    sink?.onEpisodeStart?.(start);
    await this.#untilBegun(wasHeld);
    controller.startEpisode?.(start);
    clock?.restart();
    while (!episode.isOver) {
      await beforeStep?.(signal);
      if (signal.aborted) return "aborted";
      // A stopped robot continues with a reset: its episode is over now, not when it is released.
      if (gate.stopSwitch.held) {
        await env.hold?.();
        return "held";
      }
      const { waited, held } = await gate.untilFree(signal, () => env.hold?.());
      if (held || wasHeld()) return "held";
      if (waited) clock?.restart();
      await clock?.tick(signal);
      // A stop may have come while the step's time was awaited.
      if (signal.aborted || gate.obstacle !== undefined) continue;
      const observation: TensorRecord = last.observation!;
      const decision = await controller.act(observation, episode);
      if (decision === undefined) return "exhausted";
      // Or while the controller decided: a step after the stop would set the robot in motion again.
      if (wasHeld()) continue;
      last = await stepEnvAndProcessTransition(processedEnv, { observation, ...decision });
      reached.last = last;
      episode.add(last);
      this.#stepsTaken += 1;
      await sink?.onStep?.(playedStep(episode, this.#stepsTaken, observation, decision, last), episode);
    }
    return "over";
  }

  /** @returns undefined when the signal or an emergency stop ended the reset. */
  async #reset({ seed, resets = 0 }: EpisodeBeginning): Promise<ProcessorTransition | undefined> {
    const { processedEnv } = this.#options;
    const held = new AbortController();
    const stopListening = this.#gate.stopSwitch.onHold(() => held.abort());
    const signal = AbortSignal.any([this.#signal, held.signal]);
    try {
      let first = await resetAndBuildTransition(processedEnv, { signal, ...(seed !== undefined && { seed }) });
      for (let reset = 0; reset < resets; reset++) first = await resetAndBuildTransition(processedEnv, { signal });
      return first;
    } catch (error) {
      if (signal.aborted && isAbort(error, signal)) return undefined;
      throw error;
    } finally {
      stopListening();
    }
  }

  async #untilBegun(wasHeld: () => boolean): Promise<void> {
    const { controller } = this.#options;
    while (controller.hasBegun?.() === false && !wasHeld() && !this.#signal.aborted) {
      await this.#gate.stopSwitch.change(BEGIN_PERIOD_S, this.#signal);
    }
  }
}

function isAbort(error: unknown, { reason }: AbortSignal): boolean {
  return error === reason || (error instanceof Error && error.name === "AbortError");
}

function playedStep(
  episode: Episode,
  interactionStep: number,
  observation: TensorRecord,
  { action, teleoperation }: Decision,
  transition: ProcessorTransition,
): PlayedStep {
  const { reward, terminated, truncated, signals, info } = transition;
  return {
    episode: episode.number,
    episodeStep: episode.length,
    interactionStep,
    observation,
    policyAction: action.data,
    action: executedAction(transition).data,
    isIntervention: signals.isIntervention,
    steeredBy: teleoperation?.by ?? null,
    reward,
    successProbability: signals.successProbability,
    nextObservation: transition.observation!,
    terminated,
    truncated,
    info,
    transition,
  };
}
