/** Whether the robot may move, and waiting until it may. */
import type { Env } from "../../envs/env.ts";
import type { StopSwitch, SwitchState } from "./stop_switch.ts";

/** Why the robot must stand still: an emergency stop or a watchdog holds it, a person paused it, or it waits for the learner. */
export type Obstacle = "holding" | "paused" | "waiting";

export interface GateOptions {
  readonly stopSwitch: SwitchState;
  /** Anything else that keeps the robot from moving. Called before every step while the switch is free. */
  readonly obstacle?: () => Exclude<Obstacle, "paused"> | undefined;
  /** Called again and again while the robot stands, with why, and once it may move. What it throws ends the wait. */
  readonly onState?: (obstacle: Obstacle | undefined) => void | Promise<void>;
}

/** Period at which a robot that must not move checks again, in seconds: long for people, short for the learner. */
const STAND_PERIOD_S = 0.05;
const WAIT_PERIOD_S = 0.002;

/** While `work` runs, an emergency stop holds the environment at once, also in the middle of a step or a reset. */
export async function holdOnStop<Result>(
  stopSwitch: Pick<StopSwitch, "onHold"> | undefined,
  env: Pick<Env, "hold">,
  work: () => Promise<Result>,
): Promise<Result> {
  const failures: unknown[] = [];
  let holding: Promise<unknown> = Promise.resolve();
  const hold = async () => env.hold?.();
  const stopListening = stopSwitch?.onHold(() => {
    const held = hold().catch((error) => failures.push(error));
    holding = Promise.all([holding, held]);
  });
  try {
    const result = await work();
    await holding;
    if (failures.length > 0) throw failures[0];
    return result;
  } finally {
    stopListening?.();
  }
}

export class Gate {
  readonly stopSwitch: SwitchState;
  readonly #obstacle: GateOptions["obstacle"];
  readonly #onState: GateOptions["onState"];

  constructor({ stopSwitch, obstacle, onState }: GateOptions) {
    this.stopSwitch = stopSwitch;
    this.#obstacle = obstacle;
    this.#onState = onState;
  }

  /** Why the robot must stand still at this moment. */
  get obstacle(): Obstacle | undefined {
    if (this.stopSwitch.held) return "holding";
    if (this.stopSwitch.stands) return "paused";
    return this.#obstacle?.();
  }

  /**
   * Waits while the robot must stand still, or until the signal aborts.
   *
   * @param onStand Called once, when the wait begins.
   */
  async untilFree(
    signal: AbortSignal,
    onStand: () => void | Promise<void> = () => {},
  ): Promise<{ readonly waited: boolean; readonly held: boolean }> {
    let [waited, held] = [false, false];
    for (let obstacle = this.obstacle; obstacle !== undefined && !signal.aborted; obstacle = this.obstacle) {
      if (!waited) await onStand();
      waited = true;
      await this.#onState?.(obstacle);
      held ||= obstacle === "holding";
      await this.stopSwitch.change(obstacle === "waiting" ? WAIT_PERIOD_S : STAND_PERIOD_S, signal);
    }
    await this.#onState?.(undefined);
    return { waited, held };
  }
}
