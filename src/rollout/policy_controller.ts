/** The policy at the controls, with people who may take over. */
import type { TeleoperatorGroup } from "../teleoperators/teleoperator_group.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import { RecentValues } from "../utils/recent_values.ts";
import { type Acting, chooseAction } from "./choose_action.ts";
import type { Episode } from "./episode.ts";
import type { Controller, Decision } from "./episode_runner.ts";
import { readTeleoperation } from "./teleoperation.ts";

const WINDOW = 1024;

export interface PolicyControllerOptions extends Acting {
  /** Who may take over. Default: nobody. */
  readonly teleoperators?: TeleoperatorGroup;
}

export class PolicyController implements Controller {
  /** Milliseconds from an observation to the policy's action. */
  readonly policyMs = new RecentValues(WINDOW);
  readonly #options: PolicyControllerOptions;

  constructor(options: PolicyControllerOptions) {
    this.#options = options;
  }

  startEpisode(): void {
    this.#options.teleoperators?.startEpisode();
  }

  /**
   * @param observation What the environment's pipeline showed last.
   * @throws Error for an action of the policy that is not finite, before anything moves; a processor's or a
   * teleoperator's error.
   */
  async act(observation: TensorRecord, { deterministic }: Pick<Episode, "deterministic">): Promise<Decision> {
    const { teleoperators, actionSpace } = this.#options;
    const startMs = performance.now();
    const action = await chooseAction(this.#options, observation, { deterministic });
    this.policyMs.add(performance.now() - startMs);
    if (!action.data.every(Number.isFinite)) {
      throw new Error(`the policy chose the action [${action.data.join(", ")}]: its weights or its input are broken`);
    }
    return teleoperators
      ? { action, teleoperation: readTeleoperation(teleoperators, action, actionSpace) }
      : { action };
  }
}
