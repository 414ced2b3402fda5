/**
 * Pendulum-v1: swing up a pendulum with a motor too weak to lift it in one go. Gymnasium's task, equations and
 * constants; semi-implicit Euler in float64. A standard small test of continuous control.
 */

import { Random } from "../tensor/random.ts";
import type { BoxSpace, Env, ResetOptions, ResetResult, StepResult } from "./env.ts";

const MAX_SPEED_RAD_S = 8;
const MAX_TORQUE_NM = 2;
const STEP_S = 0.05;
const GRAVITY_M_S2 = 10;
const MASS_KG = 1;
const LENGTH_M = 1;
const EPISODE_STEPS = 200;

/** Range of start states, with Gymnasium's names: |angle| ≤ x_init rad, |angular velocity| ≤ y_init rad/s. */
export interface PendulumResetOptions {
  readonly x_init?: number;
  readonly y_init?: number;
}

/**
 * Observation `observation.state`: [cos θ, sin θ, θ̇], θ = 0 upright, θ̇ in [−8, 8] rad/s. Action: a torque, clipped to
 * [−2, 2] N·m. Reward: −(θ² + 0.1 θ̇² + 0.001 torque²) with θ in [−π, π), before the step. Truncated after 200 steps,
 * never terminated.
 */
export class Pendulum implements Env {
  readonly id = "Pendulum-v1";
  readonly observationSpace = {
    "observation.state": {
      type: "box",
      dtype: "float32",
      shape: [3],
      low: Float32Array.of(-1, -1, -MAX_SPEED_RAD_S),
      high: Float32Array.of(1, 1, MAX_SPEED_RAD_S),
    },
  } as const;
  readonly actionSpace: BoxSpace = {
    type: "box",
    dtype: "float32",
    shape: [1],
    low: -MAX_TORQUE_NM,
    high: MAX_TORQUE_NM,
  };
  readonly controlFrequencyHz = 1 / STEP_S;
  #random: Random;
  #angleRad = 0;
  #speedRadS = 0;
  /** Steps left in the episode; 0 before the first reset and after the end. */
  #stepsLeft = 0;

  /** @param seed For the initial states, until a reset brings another. */
  constructor(seed = 0) {
    this.#random = new Random(seed);
  }

  /** @throws RangeError unless `options.x_init` and `options.y_init` are finite and not negative. */
  async reset({ seed, options, signal }: ResetOptions = {}): Promise<ResetResult> {
    signal?.throwIfAborted();
    const { x_init = Math.PI, y_init = 1 }: PendulumResetOptions = options ?? {};
    assertBound("x_init", x_init);
    assertBound("y_init", y_init);
    if (seed !== undefined) this.#random = new Random(seed);
    this.#angleRad = this.#random.uniform(-x_init, x_init);
    this.#speedRadS = this.#random.uniform(-y_init, y_init);
    this.#stepsLeft = EPISODE_STEPS;
    return { observation: this.#observation(), info: {} };
  }

  async step(action: Float32Array): Promise<StepResult> {
    if (this.#stepsLeft === 0) throw new Error("Pendulum-v1: call reset() before the first step of an episode");
    if (action.length !== 1 || !Number.isFinite(action[0])) {
      throw new RangeError(`Pendulum-v1: the action must be one finite torque, got [${action.join(", ")}]`);
    }
    const torqueNm = clamp(action[0]!, MAX_TORQUE_NM);
    const angle = wrapAngle(this.#angleRad);
    const cost = angle ** 2 + 0.1 * this.#speedRadS ** 2 + 0.001 * torqueNm ** 2;

    // A uniform rod turning about its end: I = m l² / 3, so θ̈ = 3g/(2l) sin θ + 3/(m l²) u.
    const acceleration =
      ((3 * GRAVITY_M_S2) / (2 * LENGTH_M)) * Math.sin(this.#angleRad) + (3 / (MASS_KG * LENGTH_M ** 2)) * torqueNm;
    this.#speedRadS = clamp(this.#speedRadS + acceleration * STEP_S, MAX_SPEED_RAD_S);
    this.#angleRad += this.#speedRadS * STEP_S;
    this.#stepsLeft -= 1;
    return {
      observation: this.#observation(),
      reward: -cost,
      terminated: false,
      truncated: this.#stepsLeft === 0,
      info: {},
    };
  }

  async close(): Promise<void> {
    this.#stepsLeft = 0;
  }

  #observation() {
    const state = Float32Array.of(Math.cos(this.#angleRad), Math.sin(this.#angleRad), this.#speedRadS);
    return { "observation.state": state };
  }
}

function clamp(value: number, bound: number): number {
  return Math.min(Math.max(value, -bound), bound);
}

/** The same direction in [−π, π). */
function wrapAngle(angleRad: number): number {
  const turn = 2 * Math.PI;
  const shifted = (angleRad + Math.PI) % turn;
  return (shifted < 0 ? shifted + turn : shifted) - Math.PI;
}

function assertBound(name: string, value: unknown): void {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
    throw new RangeError(`Pendulum-v1: ${name} must be a finite number ≥ 0, got ${value}`);
  }
}
