/**
 * Stops a robot whose policy is no longer trained: the learner died, the network is down, or training hangs.
 */

export interface WatchdogSettings {
  /** Longest time on the same weights in seconds; null: no limit. */
  readonly maxWeightsAgeS: number | null;
  /** Longest time without the learner in seconds; null: no limit. */
  readonly maxDisconnectedS: number | null;
  /** `"hold"`: the robot stands still until training is back. `"continue"`: it continues with the last policy. */
  readonly behaviour: "hold" | "continue";
}

export interface WatchedState {
  readonly weightsAgeS: number;
  /** 0 while connected. */
  readonly disconnectedS: number;
}

export type WatchdogNotice = (level: "info" | "error", message: string) => void;

export class Watchdog {
  readonly #settings: WatchdogSettings;
  readonly #notice: WatchdogNotice;
  #alarmed = false;

  /** @param notice is called once when a problem appears, and once when it is gone. */
  constructor(settings: WatchdogSettings, notice: WatchdogNotice) {
    this.#settings = settings;
    this.#notice = notice;
  }

  /** @returns whether the robot may move. */
  check(state: WatchedState): boolean {
    const problem = this.#problem(state);
    const holds = this.#settings.behaviour === "hold";
    if (problem !== undefined && !this.#alarmed) {
      const reaction = holds ? "the robot holds its position" : "the robot CONTINUES with the last policy";
      this.#notice("error", `${problem}: ${reaction}`);
    }
    if (problem === undefined && this.#alarmed) {
      this.#notice("info", `the learner is back${holds ? ": the robot moves again" : ""}`);
    }
    this.#alarmed = problem !== undefined;
    return problem === undefined || !holds;
  }

  #problem({ weightsAgeS, disconnectedS }: WatchedState): string | undefined {
    const { maxDisconnectedS, maxWeightsAgeS } = this.#settings;
    if (maxDisconnectedS !== null && disconnectedS > maxDisconnectedS) {
      return `no learner for ${disconnectedS.toFixed(1)} s (limit ${maxDisconnectedS} s)`;
    }
    if (maxWeightsAgeS !== null && weightsAgeS > maxWeightsAgeS) {
      return `no new weights for ${weightsAgeS.toFixed(1)} s of acting (limit ${maxWeightsAgeS} s)`;
    }
    return undefined;
  }
}
