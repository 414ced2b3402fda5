/**
 * Lets people take over: an environment around an environment that asks its teleoperators before every step.
 *
 * Who steers is for the `TeleoperatorGroup` to say, how an episode ends for `verdictOf`. Flags that the wrapped
 * environment's own info raises stay raised.
 *
 * `info.is_intervention` is true on exactly the steps from take-over to release, and `info.teleop_action` is the action
 * that was executed, whoever it came from.
 */
import type { BoxSpace, Env, Info, ObservationSpace, ResetOptions, ResetResult, StepResult } from "../envs/env.ts";
import { type TeleopEvents, type Teleoperator, verdictOf } from "./teleoperator.ts";
import { TeleoperatorGroup } from "./teleoperator_group.ts";

/** Reward of an episode that a person declares successful. */
const SUCCESS_REWARD = 1;

export class InterventionEnv implements Env {
  readonly controlFrequencyHz?: number;
  readonly #env: Env;
  readonly #teleoperators: TeleoperatorGroup;
  #over = false;

  /** @throws Error if a teleoperator has no capability at all. */
  constructor(env: Env, teleoperators: readonly Teleoperator[]) {
    if (env.controlFrequencyHz !== undefined) this.controlFrequencyHz = env.controlFrequencyHz;
    this.#env = env;
    this.#teleoperators = new TeleoperatorGroup(teleoperators, env);
  }

  get id(): string {
    return this.#env.id;
  }

  get observationSpace(): ObservationSpace {
    return this.#env.observationSpace;
  }

  get actionSpace(): BoxSpace {
    return this.#env.actionSpace;
  }

  async reset(options?: ResetOptions): Promise<ResetResult> {
    const result = await this.#env.reset(options);
    this.#teleoperators.startEpisode();
    this.#over = false;
    return result;
  }

  /**
   * @param policyAction is executed unless a person intervenes.
   * @throws RangeError naming the teleoperator whose action has the wrong length or isn't finite; Error when stepping
   * on after a person ended the episode.
   */
  async step(policyAction: Float32Array): Promise<StepResult> {
    if (this.#over) throw new Error(`${this.id}: the episode is over; call reset() before the next step()`);
    const { events, action } = this.#teleoperators.read();
    const executed = action ?? policyAction;
    const result = await this.#env.step(executed);
    return this.#conclude(result, events, Float32Array.from(executed));
  }

  close(): Promise<void> {
    return this.#env.close();
  }

  #conclude(result: StepResult, events: TeleopEvents, executed: Float32Array): StepResult {
    const rerecord = events.rerecordEpisode || result.info.rerecord_episode === true;
    const verdict = verdictOf(events);
    const success = verdict === "success";
    const failure = verdict === "failure";
    const terminated = result.terminated || success || failure;
    const cutShort = events.rerecordEpisode || events.terminateEpisode;
    const truncated = !terminated && (result.truncated || cutShort);
    const over = terminated || truncated;
    if (over) this.#over = true;
    const info: Info = {
      ...result.info,
      is_intervention: events.isIntervention || result.info.is_intervention === true,
      teleop_action: executed,
      rerecord_episode: rerecord,
      ...(over ? { "next.success": success || (!failure && result.info.succeed === true) } : {}),
    };
    return {
      observation: result.observation,
      reward: success ? SUCCESS_REWARD : result.reward,
      terminated,
      truncated,
      info,
    };
  }
}
