/**
 * A custom environment: a two-link arm in a plane must bring its tip to a target. To train it:
 *
 *   npx handrail train --config examples/planar_reach.json --plugin ./examples/planar_reach.ts
 */
import {
  type BoxSpace,
  type Env,
  type Observation,
  Random,
  type ResetOptions,
  type ResetResult,
  registerEnv,
  type StepResult,
} from "handrail";

const LINK_M = 0.5;
const RATE_HZ = 20;
/** Speed of each joint at an action of 1. */
const MAX_SPEED_RAD_S = 2;
const TOLERANCE_M = 0.05;

/**
 * Observation `agent_pos`: [cos q₁, sin q₁, cos q₂, sin q₂]; `environment_state`: from the tip to the target, x and y in
 * metres. Action: the joints' velocities in [−1, 1], as shares of 2 rad/s. Reward: 1 when the tip is within 5 cm, which
 * ends the episode, else 0.
 */
export class PlanarReach implements Env {
  readonly id = "PlanarReach-v0";
  readonly observationSpace = {
    agent_pos: { type: "box", dtype: "float32", shape: [4], low: -1, high: 1 },
    environment_state: { type: "box", dtype: "float32", shape: [2], low: -2, high: 2 },
  } as const;
  readonly actionSpace: BoxSpace = { type: "box", dtype: "float32", shape: [2], low: -1, high: 1 };
  readonly controlFrequencyHz = RATE_HZ;
  #random: Random;
  #joints: [number, number] = [0, 0];
  #target: [number, number] = [0, 0];
  #isRunning = false;

  /** @param seed Seed of the start states until a reset passes another. */
  constructor(seed = 0) {
    this.#random = new Random(seed);
  }

  async reset({ seed }: ResetOptions = {}): Promise<ResetResult> {
    if (seed !== undefined) this.#random = new Random(seed);
    this.#joints = [this.#random.uniform(-1, 1), this.#random.uniform(0.5, 2)];
    const angle = this.#random.uniform(-1.5, 1.5);
    const distance = this.#random.uniform(0.4, 0.9);
    this.#target = [distance * Math.cos(angle), distance * Math.sin(angle)];
    this.#isRunning = true;
    return { observation: this.#observation(), info: {} };
  }

  async step(action: Float32Array): Promise<StepResult> {
    if (!this.#isRunning) throw new Error(`${this.id}: call reset() before the first step of an episode`);
    if (action.length !== 2 || !action.every(Number.isFinite)) {
      throw new RangeError(`${this.id}: the action must be two finite numbers, got [${action.join(", ")}]`);
    }
    this.#joints = this.#joints.map((angle, i) => {
      return angle + (Math.min(Math.max(action[i]!, -1), 1) * MAX_SPEED_RAD_S) / RATE_HZ;
    }) as [number, number];
    const success = Math.hypot(...this.#toTarget()) < TOLERANCE_M;
    if (success) this.#isRunning = false;
    const reward = success ? 1 : 0;
    // Termination alone could be a failure; `success` says that the task is done.
    return { observation: this.#observation(), reward, terminated: success, truncated: false, success, info: {} };
  }

  async close(): Promise<void> {
    this.#isRunning = false;
  }

  /** Returns fresh arrays, because the caller keeps them. */
  #observation(): Observation {
    const [first, second] = this.#joints;
    return {
      agent_pos: Float32Array.of(Math.cos(first), Math.sin(first), Math.cos(second), Math.sin(second)),
      environment_state: Float32Array.from(this.#toTarget()),
    };
  }

  #toTarget(): [number, number] {
    const [first, second] = this.#joints;
    const [x, y] = this.#target;
    return [
      x - LINK_M * (Math.cos(first) + Math.cos(first + second)),
      y - LINK_M * (Math.sin(first) + Math.sin(first + second)),
    ];
  }
}

registerEnv("PlanarReach-v0", async ({ seed }) => new PlanarReach(Number(seed ?? 0)));
