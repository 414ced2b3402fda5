/**
 * How fast robot time passes. Without a person in control it follows the config; a simulation may run as fast as it can.
 * With a person in control time is real by default, because no one can steer a robot in fast motion.
 */

/** Robot time per wall-clock time; "max": as fast as possible. */
export type Speed = 1 | 2 | "max";

export interface PaceOptions {
  /** Control steps per second of the robot. */
  readonly robotHz: number;
  /** Whether time is real even without a person in control. */
  readonly alwaysReal: boolean;
}

export class Pace {
  /** While a person holds control. */
  speed: Speed = 1;
  /** Whether a person holds control. */
  attended = false;
  readonly #options: PaceOptions;

  /** @throws RangeError unless `robotHz` is positive. */
  constructor(options: PaceOptions) {
    const { robotHz } = options;
    if (!(robotHz > 0 && Number.isFinite(robotHz))) {
      throw new RangeError(`a control frequency is positive, got ${robotHz}`);
    }
    this.#options = options;
  }

  /** Control steps per second from the next step on; undefined: as fast as possible. */
  get frequencyHz(): number | undefined {
    const { robotHz, alwaysReal } = this.#options;
    if (!this.attended) return alwaysReal ? robotHz : undefined;
    return this.speed === "max" ? undefined : robotHz * this.speed;
  }
}
