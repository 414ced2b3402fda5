/**
 * When the operator takes over and when it lets go.
 *
 * It considers taking over when, for `patienceSteps` steps, the scene has come no closer to the goal than before
 * (tool to cube, then cube upwards), or when the cube comes within `borderMarginM` of the border of the area it must
 * stay in. Then it takes over with the current rate as probability, or watches for another `patienceSteps`.
 * It steers for at most `maxInterventionSteps`. The rate decays with every episode, down to its minimum.
 */
import type { Random } from "../../tensor/random.ts";
import type { ScriptedOperatorOptions } from "./options.ts";
import type { Glance } from "./perception.ts";

/** The area that the cube must stay in, metres. */
const BORDER = { x: [0.25, 0.55], y: [-0.2, 0.2] } as const;
/** Smaller changes count as noise, not progress. */
const PROGRESS_M = 0.008;
/** Weight of lift against approach. */
const LIFT_WEIGHT = 5;

type Options = Pick<
  ScriptedOperatorOptions,
  | "patienceSteps"
  | "borderMarginM"
  | "maxInterventionSteps"
  | "interventionRate"
  | "interventionDecay"
  | "minInterventionRate"
>;

export class Attention {
  readonly #options: Options;
  readonly #random: Random;
  #rate: number;
  #steering = false;
  #stepsSteered = 0;
  #stepsWithoutProgress = 0;
  #restingHeightM = 0;
  #best = Number.NEGATIVE_INFINITY;

  constructor(options: Options, random: Random) {
    this.#options = options;
    this.#random = random;
    this.#rate = options.interventionRate;
  }

  /** Probability of taking over in the current episode. */
  get rate(): number {
    return this.#rate;
  }

  /** Takes effect at once, and continues to decay. */
  set rate(rate: number) {
    this.#rate = rate;
  }

  startEpisode(glance: Glance, isFirst: boolean): void {
    if (!isFirst) {
      const { interventionDecay, minInterventionRate } = this.#options;
      // A person may have set a rate below the minimum; decay must not raise it.
      this.#rate = Math.min(this.#rate, Math.max(minInterventionRate, this.#rate * interventionDecay));
    }
    this.#restingHeightM = glance.object[2];
    this.#steering = false;
    this.#watchAfresh();
  }

  /** Call once per control step. @returns whether the operator steers at this step. */
  update(glance: Glance): boolean {
    if (this.#steering) {
      if (++this.#stepsSteered <= this.#options.maxInterventionSteps) return true;
      this.#steering = false;
      this.#watchAfresh();
    }
    const drifting = this.#isDrifting(glance);
    const progress = this.#progressOf(glance);
    if (progress > this.#best + PROGRESS_M) {
      this.#best = progress;
      this.#stepsWithoutProgress = 0;
    } else {
      this.#stepsWithoutProgress++;
    }
    if (!drifting && this.#stepsWithoutProgress < this.#options.patienceSteps) return false;
    this.#watchAfresh();
    this.#steering = this.#random.uniform() < this.#rate;
    this.#stepsSteered = 1;
    return this.#steering;
  }

  #watchAfresh(): void {
    this.#stepsWithoutProgress = 0;
    this.#best = Number.NEGATIVE_INFINITY;
  }

  #progressOf({ tool, object }: Glance): number {
    const distance = Math.hypot(tool[0] - object[0], tool[1] - object[1], tool[2] - object[2]);
    return LIFT_WEIGHT * Math.max(0, object[2] - this.#restingHeightM - 0.01) - distance;
  }

  #isDrifting({ object: [x, y] }: Glance): boolean {
    const margin = this.#options.borderMarginM;
    return x < BORDER.x[0] + margin || x > BORDER.x[1] - margin || y < BORDER.y[0] + margin || y > BORDER.y[1] - margin;
  }
}
