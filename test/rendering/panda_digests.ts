/** Digests of camera images: short texts that any change of any bit of any pixel changes. */
import { createHash } from "node:crypto";
import type { Observation } from "../../src/envs/env.ts";
import { makeEnv } from "../../src/envs/make_env.ts";

export interface PandaDigests {
  /** Images of both cameras at the start of a certain episode. */
  readonly start: string;
  /** The same over its first steps. */
  readonly episode: string;
}

export async function pandaDigests(samplesPerAxis: number): Promise<PandaDigests> {
  const env = await makeEnv("PandaPickCube-v0", { imageObs: true, randomBlockPosition: true, samplesPerAxis });
  let { observation } = await env.reset({ seed: 7 });
  const start = digest([observation]);
  const seen: Observation[] = [];
  for (let step = 0; step < 6; step++) {
    ({ observation } = await env.step(Float32Array.of(0.5, -0.3, -1, 1)));
    seen.push(observation);
  }
  await env.close();
  return { start, episode: digest(seen) };
}

function digest(observations: readonly Observation[]): string {
  const hash = createHash("sha256");
  for (const observation of observations) {
    hash.update(observation["pixels.front"]!).update(observation["pixels.wrist"]!);
  }
  return hash.digest("hex").slice(0, 16);
}
