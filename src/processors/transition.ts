/** The data that processors transform: one step of interaction, single or batched, possibly incomplete. */

import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type EpisodeSignals, NO_SIGNALS } from "./episode_signals.ts";
import type { TeleopEvents } from "./teleop_events.ts";

/** A person's input during one step. */
export interface Teleoperation {
  readonly events: TeleopEvents;
  /** In the units of the environment's action. Needed only while `events.isIntervention`. */
  readonly action: Tensor<"float32"> | null;
  /** `Teleoperator.id` of the device that steers; absent or null if none does. */
  readonly by?: string | null;
}

/**
 * Steps never change a transition: they return another one. Parts that a pipeline does not use are null (a policy's
 * preprocessor sees no action, its postprocessor no observation).
 */
export interface ProcessorTransition {
  readonly observation: TensorRecord | null;
  readonly action: Tensor | null;
  readonly reward: number;
  /** The task itself ended: no bootstrapping from the next state. */
  readonly terminated: boolean;
  /** The episode was cut short from outside. */
  readonly truncated: boolean;
  readonly teleoperation: Teleoperation | null;
  readonly signals: EpisodeSignals;
  /** The environment's extra information, for people and logs. Handrail does not depend on it. */
  readonly info: Readonly<Record<string, unknown>>;
  /** Extra numbers that are stored with the transition: `discrete_penalty`, `is_intervention` (0 or 1), `teleop_action`. */
  readonly complementaryData: Readonly<Record<string, number | Tensor>>;
}

const EMPTY: ProcessorTransition = {
  observation: null,
  action: null,
  reward: 0,
  terminated: false,
  truncated: false,
  teleoperation: null,
  signals: NO_SIGNALS,
  info: {},
  complementaryData: {},
};

/** A transition with the given parts and nothing else. */
export function makeTransition(parts: Partial<ProcessorTransition>): ProcessorTransition {
  return { ...EMPTY, ...parts };
}
