/** Whether the robot may move: paused by a person, kept still meanwhile, held by an emergency stop, or free. */
import { Notifier } from "../../utils/notifier.ts";

/** The stop switch as seen by code that moves the robot. */
export type SwitchState = Pick<StopSwitch, "held" | "stands" | "holds" | "change" | "onHold">;

export class StopSwitch {
  readonly #changed = new Notifier();
  #paused = false;
  #held = false;
  #holds = 0;
  #keepers = 0;
  readonly #holdListeners = new Set<() => void>();

  /** Whether a person paused it. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Whether it stands still without an emergency: a person paused it, or something keeps it still. */
  get stands(): boolean {
    return this.#paused || this.#keepers > 0;
  }

  get held(): boolean {
    return this.#held;
  }

  /** How often the emergency stop was pressed. A loop that waits can thus detect a press that has been released since. */
  get holds(): number {
    return this.#holds;
  }

  /** This switch as it looks to those whom a pause does not concern. */
  get emergencyOnly(): SwitchState {
    const whole = this;
    return {
      stands: false,
      get held() {
        return whole.held;
      },
      get holds() {
        return whole.holds;
      },
      change: (timeoutS, signal) => whole.change(timeoutS, signal),
      onHold: (listener) => whole.onHold(listener),
    };
  }

  pause(): void {
    this.#paused = true;
    this.#changed.notify();
  }

  resume(): void {
    this.#paused = false;
    this.#changed.notify();
  }

  /** Keeps it still, whatever people do with `pause` and `resume`. @returns ends it; to be called once. */
  keepStill(): () => void {
    this.#keepers += 1;
    this.#changed.notify();
    return () => {
      this.#keepers -= 1;
      this.#changed.notify();
    };
  }

  hold(): void {
    if (!this.#held) this.#holds += 1;
    this.#held = true;
    for (const listener of this.#holdListeners) listener();
    this.#changed.notify();
  }

  /** Calls `listener` at once whenever the emergency stop is pressed, also in the middle of a step. @returns ends it. */
  onHold(listener: () => void): () => void {
    this.#holdListeners.add(listener);
    return () => this.#holdListeners.delete(listener);
  }

  release(): void {
    this.#held = false;
    this.#changed.notify();
  }

  /** Waits for a change of the switch, for the signal, or for `timeoutS`, whichever comes first. */
  async change(timeoutS: number, signal: AbortSignal): Promise<void> {
    let asked = false;
    const changed = () => {
      if (asked) return true;
      asked = true;
      return undefined;
    };
    await this.#changed.until(changed, { what: "a change", deadlineS: timeoutS, signal }).catch(() => {});
  }
}
