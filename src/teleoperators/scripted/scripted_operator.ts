/**
 * A competent but imperfect person, for rehearsals without one: it sees what an onlooker sees, with an onlooker's error,
 * steers with a trembling hand and pauses to think. It demonstrates, or watches a policy and takes over.
 */
import { crc32 } from "node:zlib";
import { parseConfig } from "../../config/parse.ts";
import type { Watchable } from "../../envs/watchable.ts";
import { Random } from "../../tensor/random.ts";
import {
  type ActionSource,
  type EventSource,
  NO_EVENTS,
  type TeleopEvents,
  type TeleoperatedBeginning,
  type Teleoperator,
} from "../teleoperator.ts";
import { Attention } from "./attention.ts";
import { LiftSkill, type LiftStage } from "./lift_skill.ts";
import { type ScriptedOperatorInput, type ScriptedOperatorOptions, scriptedOperatorSchema } from "./options.ts";
import { type Glance, Perception } from "./perception.ts";

/** Metres the tool moves for an action of 1. */
const STEP_M = 0.025;
/** Share of the distance to cover in one step. The arm lags by about a step, so the full distance would overshoot. */
const GAIN = 0.5;
const LONGEST_PAUSE_STEPS = 3;

export const SCRIPTED_OPERATOR_ID = "scripted_operator";

export class ScriptedOperator implements Teleoperator, ActionSource, EventSource {
  readonly id = SCRIPTED_OPERATOR_ID;
  readonly actions = this;
  readonly events = this;
  readonly #options: ScriptedOperatorOptions;
  readonly #perception: Perception;
  readonly #attention: Attention;
  #random: Random;
  #skill: LiftSkill;
  #glance: Glance | undefined;
  #episodes = 0;
  #steering = false;
  #speed = 1;
  #pauseSteps = 0;

  /**
   * @param scene The environment that it watches and steers, with 4-D end-effector actions.
   * @throws ConfigError for a wrong option.
   */
  constructor(scene: Watchable, options: ScriptedOperatorInput = {}) {
    this.#options = parseConfig(scriptedOperatorSchema, options, "options of the scripted operator");
    this.#perception = new Perception(scene, this.#options.perceptionNoiseM);
    this.#random = new Random(this.#options.seed);
    this.#attention = new Attention(this.#options, this.#random.fork());
    this.#skill = new LiftSkill(this.#random.fork());
  }

  /** The stage of the operator's current motion. */
  get stage(): LiftStage {
    return this.#skill.stage;
  }

  /** Probability of taking over in the current episode when there is a reason to. */
  get interventionRate(): number {
    return this.#attention.rate;
  }

  /** @throws RangeError unless the rate is in [0, 1]. */
  setInterventionRate(rate: number): void {
    if (!(rate >= 0 && rate <= 1)) throw new RangeError(`the intervention rate must be in [0, 1], got ${rate}`);
    this.#attention.rate = rate;
  }

  async connect(): Promise<void> {}

  async disconnect(): Promise<void> {}

  /** A seeded demonstration depends on its seed and the operator's, not on earlier episodes. */
  onEpisodeStart({ seed }: TeleoperatedBeginning = {}): void {
    if (this.#options.mode === "demonstrate" && seed !== undefined) {
      this.#random = new Random(crc32(`${this.#options.seed} demonstrates ${seed}`));
      this.#skill = new LiftSkill(this.#random.fork());
    }
    const glance = this.#perception.glance(this.#random);
    this.#attention.startEpisode(glance, this.#episodes++ === 0);
    this.#steering = false;
    this.#glance = undefined;
    this.#speed = this.#random.uniform(this.#options.slowestSpeed, this.#options.fastestSpeed);
  }

  getTeleopEvents(): TeleopEvents {
    const glance = this.#perception.glance(this.#random);
    this.#glance = glance;
    const steersNow = this.#options.mode === "demonstrate" || this.#attention.update(glance);
    if (steersNow && !this.#steering) {
      this.#skill.restart();
      this.#pauseSteps = 0;
    }
    this.#steering = steersNow;
    return { ...NO_EVENTS, isIntervention: steersNow };
  }

  getAction(): Float32Array {
    if (this.#glance === undefined)
      throw new Error("the scripted operator looks before it acts: ask for its events first");
    const { moveM, gripper } = this.#skill.decide(this.#glance);
    const hesitates = this.#hesitates();
    const action = new Float32Array(4);
    for (let axis = 0; axis < 3; axis++) {
      const wanted = hesitates ? 0 : clampToOne((GAIN * moveM[axis]!) / STEP_M) * this.#speed;
      action[axis] = clampToOne(wanted + this.#random.normal(0, this.#options.motionNoise));
    }
    action[3] = gripper;
    return action;
  }

  #hesitates(): boolean {
    if (this.#pauseSteps === 0 && this.#random.uniform() < this.#options.pauseProbability) {
      this.#pauseSteps = 1 + this.#random.integer(LONGEST_PAUSE_STEPS);
    }
    if (this.#pauseSteps === 0) return false;
    this.#pauseSteps--;
    return true;
  }
}

function clampToOne(value: number): number {
  return Math.min(1, Math.max(-1, value));
}
