/** One control step: the policy chooses, people may choose otherwise, the environment answers. */
import type { BoxSpace } from "../../envs/env.ts";
import { isIntervention, type ProcessorTransition } from "../../processors/transition.ts";
import { actionBound, type ReplayFeatures } from "../../replay/features.ts";
import type { ObservationArrays, Transition } from "../../replay/transition.ts";
import type { TeleoperatorGroup } from "../../teleoperators/teleoperator_group.ts";
import type { TensorRecord } from "../../tensor/safetensors_layout.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { RecentValues } from "../../utils/recent_values.ts";
import { type Acting, boundOf, chooseAction, clipToBounds } from "../choose_action.ts";
import { type ProcessedEnv, stepEnvAndProcessTransition } from "../env_step.ts";

const WINDOW = 1024;

export interface ControlStepOptions extends Pick<Acting, "policy" | "processors"> {
  readonly processedEnv: ProcessedEnv;
  readonly teleoperators: TeleoperatorGroup;
  readonly features: ReplayFeatures;
}

export interface ControlStepResult {
  readonly transition: ProcessorTransition;
  readonly policyAction: Float32Array;
  /** What the learner gets. */
  readonly experience: Transition;
}

export class ControlStep {
  /** Milliseconds from an observation to the policy's action. */
  readonly policyMs = new RecentValues(WINDOW);
  readonly #options: ControlStepOptions;
  readonly #acting: Acting;
  readonly #observationKeys: readonly string[];
  readonly #complementaryKeys: readonly string[];

  constructor(options: ControlStepOptions) {
    const { policy, processors, processedEnv, features } = options;
    const actionSpace = narrowed(processedEnv.env.actionSpace, features);
    this.#options = options;
    this.#acting = { policy, processors, actionSpace };
    this.#observationKeys = Object.keys(features.observation);
    this.#complementaryKeys = Object.keys(features.complementaryInfo ?? {});
  }

  /**
   * @param observation What the environment's pipeline showed last.
   * @throws Error for an action of the policy that is not finite, before anything moves; the environment's, a
   * processor's or a teleoperator's error.
   */
  async run(observation: TensorRecord): Promise<ControlStepResult> {
    const { processedEnv, teleoperators } = this.#options;
    const startMs = performance.now();
    const action = await chooseAction(this.#acting, observation, { deterministic: false });
    this.policyMs.add(performance.now() - startMs);
    if (!action.data.every(Number.isFinite)) {
      throw new Error(`the policy chose the action [${action.data.join(", ")}]: its weights or its input are broken`);
    }
    const { events, action: wanted } = teleoperators.read();
    // A pedal says that somebody intervenes but cannot steer: the policy's action goes on, marked as intervened.
    const persons = wanted === null ? action.data : clipToBounds(this.#acting.actionSpace, wanted);
    const teleoperation = {
      events,
      action: events.isIntervention ? new Tensor("float32", action.shape, persons) : null,
    };
    const transition = await stepEnvAndProcessTransition(processedEnv, { observation, action, teleoperation });
    return { transition, policyAction: action.data, experience: this.#experience(observation, transition) };
  }

  #experience(observation: TensorRecord, transition: ProcessorTransition): Transition {
    const { complementaryData, reward, terminated, truncated } = transition;
    const executed = complementaryData.teleop_action ?? transition.action;
    const complementaryInfo: Record<string, number> = {};
    for (const key of this.#complementaryKeys) {
      const value = complementaryData[key];
      if (typeof value === "number") complementaryInfo[key] = value;
    }
    complementaryInfo.is_intervention = isIntervention(transition) ? 1 : 0;
    return {
      observation: this.#arrays(observation),
      action: (executed as Tensor<"float32">).data,
      reward,
      nextObservation: this.#arrays(transition.observation!),
      terminated,
      truncated,
      complementaryInfo,
    };
  }

  #arrays(observation: TensorRecord): ObservationArrays {
    const arrays: Record<string, Float32Array | Uint8Array> = {};
    for (const key of this.#observationKeys) arrays[key] = observation[key]!.data as Float32Array;
    return arrays;
  }
}

/** People act within what the policy can do, or else it could never learn to do what they show. */
function narrowed(space: BoxSpace, { action }: ReplayFeatures): BoxSpace {
  const [low, high] = [actionBound(action, "low"), actionBound(action, "high")];
  return {
    ...space,
    low: low.map((bound, i) => Math.max(bound, boundOf(space.low, i))),
    high: high.map((bound, i) => Math.min(bound, boundOf(space.high, i))),
  };
}
