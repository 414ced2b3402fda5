/**
 * Checks observations at their entry, so that a broken sensor's values spread no further. An environment throws the
 * same error from `step` or `reset` while its robot cannot be read, such as after a connection was lost.
 */
import type { BoxSpace, Observation, ObservationSpace } from "../envs/env.ts";

/** One or more sensors reported nothing, the wrong number of values, or non-finite values. A reset may repair it. */
export class SensorFaultError extends Error {
  override readonly name = "SensorFaultError";
  /** One description per broken value, such as `agent_pos[3] (joint4.pos) is NaN`. */
  readonly faults: readonly string[];

  /** @param what Text of the message. */
  constructor(env: string, faults: readonly string[], what = "a sensor is broken") {
    super(`${env}: ${what}: ${faults.join("; ")}`);
    this.faults = faults;
  }
}

/** Consecutive episodes with sensor faults, including resets, after which a run, recording or evaluation ends. */
export const MOST_FAULTS_IN_A_ROW = 10;

/** Limit of elements named per sensor. */
const MOST_NAMED = 5;

/** @throws SensorFaultError naming every sensor that is missing, misshapen or not finite. */
export function assertObservation(env: string, observation: Observation, space: ObservationSpace): void {
  const faults = Object.entries(space).flatMap(([key, box]) => faultsOf(key, observation[key], box));
  if (faults.length > 0) throw new SensorFaultError(env, faults);
}

function faultsOf(key: string, data: Observation[string] | undefined, { dtype, shape, names }: BoxSpace): string[] {
  if (data === undefined) return [`${key} is missing`];
  const kind = dtype === "uint8" ? Uint8Array : Float32Array;
  if (!(data instanceof kind)) return [`${key} is no ${kind.name}`];
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (data.length !== size) return [`${key} has ${data.length} numbers, ${size} are declared ([${shape.join(", ")}])`];
  if (dtype === "uint8") return [];
  const broken: string[] = [];
  for (let i = 0; i < data.length && broken.length < MOST_NAMED; i++) {
    if (Number.isFinite(data[i])) continue;
    const name = names?.[i] === undefined ? "" : ` (${names[i]})`;
    broken.push(`${key}[${i}]${name} is ${data[i]}`);
  }
  return broken;
}
