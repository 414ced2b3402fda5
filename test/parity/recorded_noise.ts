/** Hands out a recording's random draws in their order. */
import type { RandomSource } from "../../src/tensor/index.ts";
import type { TensorRecord } from "../../src/tensor/safetensors/layout.ts";
import { criticSubsets, type Recording } from "./sac_recording.ts";

export class RecordedNoise implements RandomSource {
  readonly #recording: Recording;
  #update = 0;
  #noise: TensorRecord = {};
  #subsets: readonly (readonly number[])[] = [];
  #draws = 0;
  #choices = 0;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  begin(update: number): void {
    this.#update = update;
    this.#noise = this.#recording.section(`noise/${update}/`);
    this.#subsets = criticSubsets(this.#recording, update);
    this.#draws = 0;
    this.#choices = 0;
  }

  fillNormal(target: Float32Array): Float32Array {
    const tensor = this.#noise[this.#draws++];
    if (tensor === undefined) throw new Error(`update ${this.#update} draws more noise than was recorded`);
    target.set(tensor.data as Float32Array);
    return target;
  }

  choice(): Int32Array {
    const subset = this.#subsets[this.#choices++];
    if (subset === undefined) throw new Error(`update ${this.#update} draws more critic subsets than were recorded`);
    return Int32Array.from(subset);
  }

  fillUniform(): Float32Array {
    throw new Error("dropout was off in the recordings");
  }

  /** @throws Error when the update left draws unused. */
  end(): void {
    if (this.#draws !== Object.keys(this.#noise).length || this.#choices !== this.#subsets.length) {
      throw new Error(`update ${this.#update} drew less than was recorded`);
    }
  }
}
