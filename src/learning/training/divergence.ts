/** Numbers that are not numbers: where they show, and which transitions may be the cause. */
import type { ReplayBuffer } from "../../replay/replay_buffer.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import type { LearnerBuffers } from "./new_run.ts";
import type { DrawnRows } from "./rl_trainer.ts";

/** Larger numbers than a robot gives rise to, in whatever units. */
const SUSPICIOUS_MAGNITUDE = 1e6;
const MAX_NAMED_SUSPECTS = 8;

/** Training produced numbers that are not numbers: what has been learned since the last checkpoint is lost. */
export class TrainingDivergedError extends Error {
  override readonly name = "TrainingDivergedError";
}

/** The first reported number that is not finite, in words. */
export function notFinite(stats: Readonly<Record<string, number>>): string | undefined {
  const found = Object.entries(stats).find(([, value]) => !Number.isFinite(value));
  return found && `${found[0]} is ${found[1]}`;
}

/** Neither an actor nor a checkpoint ever gets weights that are not finite. @throws TrainingDivergedError. */
export function assertFiniteWeights(weights: TensorRecord, step: number): void {
  for (const [name, { data }] of Object.entries(weights)) {
    if (!(data instanceof Float32Array)) continue;
    const bad = data.find((value) => !Number.isFinite(value));
    if (bad === undefined) continue;
    throw new TrainingDivergedError(`training diverged: the weights "${name}" hold ${bad} after update ${step}`);
  }
}

/** Leaves out the drawn transitions whose values are so large that they may be the cause. @returns the first of them, in words. */
export function quarantineSuspects(drawn: readonly DrawnRows[], { online, offline }: LearnerBuffers): string[] {
  const named = new Set<string>();
  for (const { numbers, sources } of drawn) {
    for (const [i, number] of numbers.entries()) {
      const [name, buffer]: [string, ReplayBuffer] = sources[i] === 0 ? ["online", online] : ["offline", offline];
      const magnitude = buffer.magnitudeOf(number);
      if (magnitude === undefined || magnitude <= SUSPICIOUS_MAGNITUDE) continue;
      buffer.quarantine(number);
      named.add(`${number} (${name}, up to ${magnitude.toExponential(1)})`);
    }
  }
  return [...named].slice(0, MAX_NAMED_SUSPECTS);
}
