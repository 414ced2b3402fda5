/** A demonstrator for the pendulum that needs no learning: pumps energy, and balances near the top. */
import type { Observation } from "../../src/envs/env.ts";
import { Pendulum } from "../../src/envs/pendulum.ts";
import type { Transition } from "../../src/replay/transition.ts";
import { Random } from "../../src/tensor/index.ts";
import { STATE } from "./small.ts";

const MAX_TORQUE_NM = 2;

/** Torque in N·m. Åström & Furuta 2000, with the energies of a rod: ½·(1/3)·θ̇² + 5·cos θ. */
export function swingUp(observation: Observation): Float32Array {
  const [cos, sin, speed] = observation[STATE] as unknown as [number, number, number];
  const angle = Math.atan2(sin, cos);
  const lackingEnergyJ = 5 - (speed ** 2 / 6 + 5 * cos);
  const torque = Math.abs(angle) < 0.4 ? -12 * angle - 3 * speed : 2 * lackingEnergyJ * Math.sign(speed || 1);
  return Float32Array.of(Math.min(Math.max(torque, -MAX_TORQUE_NM), MAX_TORQUE_NM));
}

/**
 * Transitions of complete episodes, and the mean return. Noise separates the executed actions from the demonstrated ones,
 * so that the demonstrations also show recovery (Laskey et al. 2017).
 */
export async function demonstrate(episodes: number, seed: number) {
  const env = new Pendulum();
  const transitions: Transition[] = [];
  const random = new Random(seed);
  let totalReward = 0;
  for (let episode = 0; episode < episodes; episode++) {
    let { observation } = await env.reset({ seed: seed + episode });
    for (let ended = false; !ended; ) {
      const action = swingUp(observation);
      const {
        reward,
        terminated,
        truncated,
        observation: nextObservation,
      } = await env.step(action.map((torque) => torque + random.normal(0, 0.7)));
      transitions.push({ observation, action, reward, nextObservation, terminated, truncated });
      totalReward += reward;
      observation = nextObservation;
      ended = terminated || truncated;
    }
  }
  return { transitions, meanReturn: totalReward / episodes };
}
