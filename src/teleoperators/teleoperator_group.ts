/**
 * Several teleoperators, combined. Events: any source true ⇒ true. Action: of the teleoperators that intervene at this
 * step, the first in the list that can steer; if only devices that cannot steer intervene (a pedal), the first in the list
 * that can. Without an intervention the policy's action stands.
 */
import { checkAction } from "../envs/action_check.ts";
import type { Env } from "../envs/env.ts";
import {
  type ActionSource,
  mergeEvents,
  NO_EVENTS,
  type TeleopEvents,
  type TeleoperatedBeginning,
  type Teleoperator,
} from "./teleoperator.ts";

export interface GroupReading {
  readonly events: TeleopEvents;
  /** Action of the teleoperator that steers, in the environment's action space; null if none does. */
  readonly action: Float32Array | null;
  /** `Teleoperator.id` of the first in the list that intervenes; null if none does. */
  readonly by: string | null;
}

type SteeringTeleoperator = Teleoperator & { readonly actions: ActionSource };

export class TeleoperatorGroup {
  readonly #teleoperators: readonly Teleoperator[];
  readonly #env: Pick<Env, "id" | "actionSpace">;

  /**
   * @param teleoperators In order of precedence.
   * @param env The environment that they steer.
   * @throws Error if a teleoperator has no capability at all.
   */
  constructor(teleoperators: readonly Teleoperator[], env: Pick<Env, "id" | "actionSpace">) {
    for (const { id, actions, events } of teleoperators) {
      if (actions === undefined && events === undefined) {
        throw new Error(`the teleoperator "${id}" neither steers nor reports events; give it one of the capabilities`);
      }
    }
    this.#teleoperators = teleoperators;
    this.#env = env;
  }

  /** @throws what the first device throws that cannot be connected; those before it are disconnected again. */
  async connect(): Promise<void> {
    const connected: Teleoperator[] = [];
    try {
      for (const teleoperator of this.#teleoperators) {
        await teleoperator.connect();
        connected.push(teleoperator);
      }
    } catch (error) {
      await Promise.allSettled(connected.map((teleoperator) => teleoperator.disconnect()));
      throw error;
    }
  }

  /** Disconnects all of them, whatever one of them throws. */
  async disconnect(): Promise<void> {
    await Promise.allSettled(this.#teleoperators.map((teleoperator) => teleoperator.disconnect()));
  }

  startEpisode(beginning: TeleoperatedBeginning = {}): void {
    for (const teleoperator of this.#teleoperators) teleoperator.onEpisodeStart?.(beginning);
  }

  /**
   * Reads every teleoperator. Call once per control step, right before the action.
   *
   * @throws RangeError naming the teleoperator whose action has the wrong length or isn't finite.
   */
  read(): GroupReading {
    const reports = this.#teleoperators.map((teleoperator) => teleoperator.events?.getTeleopEvents() ?? NO_EVENTS);
    const events = mergeEvents(reports);
    const person = events.isIntervention ? this.#steering(reports) : undefined;
    const by = this.#teleoperators.find((_, i) => reports[i]!.isIntervention)?.id ?? null;
    return { events, by, action: person === undefined ? null : this.#actionOf(person) };
  }

  #steering(reports: readonly TeleopEvents[]): SteeringTeleoperator | undefined {
    const intervening = this.#teleoperators.filter((_, i) => reports[i]!.isIntervention).find(canSteer);
    return intervening ?? this.#teleoperators.find(canSteer);
  }

  #actionOf({ id, actions }: SteeringTeleoperator): Float32Array {
    const action = actions.getAction();
    checkAction(action, this.#env.actionSpace, `the teleoperator "${id}" in ${this.#env.id}`);
    return action;
  }
}

function canSteer(teleoperator: Teleoperator): teleoperator is SteeringTeleoperator {
  return teleoperator.actions !== undefined;
}
