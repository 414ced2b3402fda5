/**
 * Lets people take over: an environment around an environment that asks its teleoperators before every step.
 *
 * Precedence. Events: any source true ⇒ true, whether it comes from a teleoperator or from the wrapped environment's
 * own info. Action: of the teleoperators that intervene at this step, the first in the list that can steer; if only
 * devices without a stick intervene (a pedal), the first that can steer at all; otherwise the policy's. End of an
 * episode: re-record, then success, then failure, then terminate.
 *
 * `info.is_intervention` is true on exactly the steps from take-over to release, and `info.teleop_action` is the action
 * that was executed, whoever it came from.
 */
import { checkAction } from "../envs/action_check.ts";
import type { BoxSpace, Env, Info, ObservationSpace, ResetOptions, ResetResult, StepResult } from "../envs/env.ts";
import { type ActionSource, mergeEvents, NO_EVENTS, type TeleopEvents, type Teleoperator } from "./teleoperator.ts";

/** Reward of an episode that a person declares successful. */
const SUCCESS_REWARD = 1;

export class InterventionEnv implements Env {
  readonly controlFrequencyHz?: number;
  readonly #env: Env;
  readonly #teleoperators: readonly Teleoperator[];
  #over = false;

  /** @throws Error if a teleoperator has no capability at all. */
  constructor(env: Env, teleoperators: readonly Teleoperator[]) {
    for (const { id, actions, events } of teleoperators) {
      if (actions === undefined && events === undefined) {
        throw new Error(`the teleoperator "${id}" neither steers nor reports events; give it one of the capabilities`);
      }
    }
    if (env.controlFrequencyHz !== undefined) this.controlFrequencyHz = env.controlFrequencyHz;
    this.#env = env;
    this.#teleoperators = teleoperators;
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
    for (const teleoperator of this.#teleoperators) teleoperator.onEpisodeStart?.();
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
    const reports = this.#teleoperators.map((teleoperator) => teleoperator.events?.getTeleopEvents() ?? NO_EVENTS);
    const events = mergeEvents(reports);
    const person = events.isIntervention ? this.#steeringPerson(reports) : undefined;
    const executed = person === undefined ? policyAction : this.#actionOf(person);
    const result = await this.#env.step(executed);
    return this.#conclude(result, events, Float32Array.from(executed));
  }

  close(): Promise<void> {
    return this.#env.close();
  }

  #steeringPerson(reports: readonly TeleopEvents[]): (Teleoperator & { actions: ActionSource }) | undefined {
    const steering = this.#teleoperators.filter(canSteer);
    const intervening = this.#teleoperators.filter((_, i) => reports[i]!.isIntervention).find(canSteer);
    return intervening ?? steering[0];
  }

  #actionOf({ id, actions }: Teleoperator & { actions: ActionSource }): Float32Array {
    const action = actions.getAction();
    checkAction(action, this.actionSpace, `the teleoperator "${id}" in ${this.id}`);
    return action;
  }

  #conclude(result: StepResult, events: TeleopEvents, executed: Float32Array): StepResult {
    const rerecord = events.rerecordEpisode || result.info.rerecord_episode === true;
    const success = events.success && !events.rerecordEpisode;
    const failure = events.failure && !success && !events.rerecordEpisode;
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

function canSteer(teleoperator: Teleoperator): teleoperator is Teleoperator & { actions: ActionSource } {
  return teleoperator.actions !== undefined;
}
