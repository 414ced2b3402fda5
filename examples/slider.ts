/**
 * A custom environment type: a slider on a rail has to reach a mark. Its motor takes absolute positions, while policies and
 * people move it relative to its position. To train it:
 *
 *   npx handrail train --config examples/slider.json --plugin ./examples/slider.ts
 */
import { type BoxSpace, DataProcessorPipeline, type Env, type ProcessorStep, Random, Tensor } from "handrail";
import { registerEnvType } from "handrail/envs";
import { InterventionActionProcessorStep } from "handrail/processors";
import { z } from "zod";

const SliderConfigSchema = z.strictObject({
  type: z.literal("slider"),
  fps: z.number().positive().default(20).describe("Control steps per second."),
  rail_m: z.number().positive().default(1).describe("Length of the rail in metres."),
  step_m: z.number().positive().default(0.1).describe("Metres per control step at an action of 1."),
  episode_s: z.number().positive().default(3).describe("Longest episode in seconds."),
});
type SliderConfig = z.output<typeof SliderConfigSchema>;

const TOLERANCE_M = 0.03;
/** The policy's action: distance to move, as a share of `step_m`. */
const WAY: BoxSpace = { type: "box", dtype: "float32", shape: [1], low: -1, high: 1 };

/** Observation: position and mark in metres from the middle of the rail. Action: the position to go to. */
class Slider implements Env {
  readonly id = "slider";
  readonly observationSpace;
  readonly actionSpace: BoxSpace;
  readonly controlFrequencyHz: number;
  readonly #reachM: number;
  readonly #longest: number;
  #random: Random;
  #positionM = 0;
  #markM = 0;
  #steps = 0;
  #isRunning = false;

  constructor({ fps, rail_m, episode_s }: SliderConfig, seed = 0) {
    this.#reachM = rail_m / 2;
    this.#longest = Math.round(fps * episode_s);
    this.controlFrequencyHz = fps;
    this.#random = new Random(seed);
    const bounds = { low: -this.#reachM, high: this.#reachM };
    const box = { type: "box", dtype: "float32" } as const;
    this.observationSpace = { "observation.state": { ...box, shape: [2], ...bounds, names: ["position", "mark"] } };
    this.actionSpace = { ...box, shape: [1], ...bounds };
  }

  /** Position of the slider, in metres. */
  get positionM(): number {
    return this.#positionM;
  }

  async reset({ seed }: { readonly seed?: number } = {}) {
    if (seed !== undefined) this.#random = new Random(seed);
    this.#positionM = this.#random.uniform(-this.#reachM, this.#reachM);
    this.#markM = this.#random.uniform(-this.#reachM, this.#reachM);
    this.#steps = 0;
    this.#isRunning = true;
    return { observation: this.#observe(), info: {} };
  }

  async step(action: Float32Array) {
    if (action.length !== 1 || !Number.isFinite(action[0])) throw new RangeError(`slider: no position: [${action}]`);
    if (!this.#isRunning) throw new Error("slider: reset first");
    this.#positionM = Math.min(Math.max(action[0]!, -this.#reachM), this.#reachM);
    this.#steps += 1;
    const success = Math.abs(this.#positionM - this.#markM) < TOLERANCE_M;
    const truncated = !success && this.#steps >= this.#longest;
    this.#isRunning = !success && !truncated;
    return { observation: this.#observe(), reward: success ? 1 : 0, terminated: success, truncated, success, info: {} };
  }

  async close() {}

  #observe() {
    return { "observation.state": Float32Array.of(this.#positionM, this.#markM) };
  }
}

/** Converts a distance to a target position. */
class AbsolutePositionStep implements ProcessorStep {
  readonly name = "absolute_position";
  readonly #slider: Slider;
  readonly #stepM: number;

  constructor(slider: Slider, stepM: number) {
    this.#slider = slider;
    this.#stepM = stepM;
  }

  apply(transition: Parameters<ProcessorStep["apply"]>[0]) {
    const way = Number(transition.action!.data[0]);
    return { ...transition, action: Tensor.of([1], [this.#slider.positionM + way * this.#stepM]) };
  }

  transformFeatures(features: Parameters<ProcessorStep["transformFeatures"]>[0]) {
    return features;
  }

  config() {
    return { step_m: this.#stepM };
  }
}

registerEnvType("slider", {
  schema: SliderConfigSchema,
  settings: ({ fps, episode_s }) => ({ fps, task: null, taskInWords: "slide to the mark", episodeTimeS: episode_s }),
  async create(config, { seed }) {
    const env = new Slider(config, seed);
    const observation = { "observation.state": { type: "STATE", shape: [2] } } as const;
    return {
      env,
      policyActionSpace: WAY,
      restingAction: Float32Array.of(0),
      actionProcessor: new DataProcessorPipeline({
        name: "action_processor",
        // People take over in the policy's space, before it becomes a position.
        steps: [new InterventionActionProcessorStep(), new AbsolutePositionStep(env, config.step_m)],
      }),
      envProcessor: new DataProcessorPipeline({
        name: "env_processor",
        steps: [],
        inputFeatures: { observation, action: {} },
      }),
    };
  },
});
