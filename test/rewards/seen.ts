/** A reward model with everything that the contract allows: a camera, a memory, a look back. */
import type { RewardModel } from "../../src/rewards/reward_model.ts";
import type { TensorRecord } from "../../src/tensor/safetensors/layout.ts";

export class Seen implements RewardModel {
  readonly inputFeatures = {
    "observation.images.front": { type: "VISUAL", shape: [3, 4, 4] },
    "observation.state": { type: "STATE", shape: [2] },
  } as const;
  #bright = 0;

  /** How bright it is, on average of all that it saw in the episode. */
  async judge(observation: TensorRecord): Promise<number> {
    this.#bright = (this.#bright + this.#look(observation)) / 2;
    return this.#bright;
  }

  /** How bright it was after each step. */
  async judgeEpisode(observations: AsyncIterable<TensorRecord>): Promise<Float32Array> {
    const seen: number[] = [];
    for await (const observation of observations) seen.push(this.#look(observation));
    return Float32Array.from(seen);
  }

  reset(): void {
    this.#bright = 0;
  }

  close(): void {}

  #look(observation: TensorRecord): number {
    for (const key of Object.keys(this.inputFeatures)) {
      if (observation[key] === undefined) throw new Error(`"${key}" is missing`);
    }
    const pixels = observation["observation.images.front"]!.data as Uint8Array;
    return pixels.reduce((sum, each) => sum + each, 0) / pixels.length / 255;
  }
}
