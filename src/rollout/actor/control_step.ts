/** One control step: the policy chooses, people may choose otherwise, the environment answers. */
import type { ProcessorTransition } from "../../processors/transition.ts";
import type { ReplayFeatures } from "../../replay/features.ts";
import type { Transition } from "../../replay/transition.ts";
import { experienceOf } from "../../spec/experience.ts";
import type { TeleoperatorGroup } from "../../teleoperators/teleoperator_group.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import { RecentValues } from "../../utils/recent_values.ts";
import { type Acting, chooseAction } from "../choose_action.ts";
import { type ProcessedEnv, stepEnvAndProcessTransition } from "../env_step.ts";
import { readTeleoperation, withinPolicy } from "../teleoperation.ts";

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

  constructor(options: ControlStepOptions) {
    const { policy, processors, processedEnv, features } = options;
    const actionSpace = withinPolicy(processedEnv.env.actionSpace, features.action);
    this.#options = options;
    this.#acting = { policy, processors, actionSpace };
  }

  /**
   * @param observation What the environment's pipeline showed last.
   * @param deterministic Whether the policy acts without exploration noise.
   * @throws Error for an action of the policy that is not finite, before anything moves; the environment's, a
   * processor's or a teleoperator's error.
   */
  async run(observation: TensorRecord, deterministic = false): Promise<ControlStepResult> {
    const { processedEnv, teleoperators, features } = this.#options;
    const startMs = performance.now();
    const action = await chooseAction(this.#acting, observation, { deterministic });
    this.policyMs.add(performance.now() - startMs);
    if (!action.data.every(Number.isFinite)) {
      throw new Error(`the policy chose the action [${action.data.join(", ")}]: its weights or its input are broken`);
    }
    const teleoperation = readTeleoperation(teleoperators, action, this.#acting.actionSpace);
    const transition = await stepEnvAndProcessTransition(processedEnv, { observation, action, teleoperation });
    return { transition, policyAction: action.data, experience: experienceOf(observation, transition, features) };
  }
}
