/**
 * How fast robot time passes. Without people as the config says, which in simulation may be as fast as everything goes.
 * While a person holds control time is real, or nobody could steer: an episode lasts as long as it would on a robot.
 */

/** Robot time per time on the wall; "max": as fast as everything goes. */
export type Speed = 1 | 2 | "max";

export interface PaceOptions {
  /** Control steps per second of the robot. */
  readonly robotHz: number;
  /** Whether time is real also while nobody holds control. */
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

  /** Control steps per second from the next step on; undefined: as fast as everything goes. */
  get frequencyHz(): number | undefined {
    const { robotHz, alwaysReal } = this.#options;
    if (!this.attended) return alwaysReal ? robotHz : undefined;
    return this.speed === "max" ? undefined : robotHz * this.speed;
  }
}
