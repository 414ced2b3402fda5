/** Lets a policy control the environment. */
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import { RecentValues } from "../utils/recent_values.ts";
import { type Acting, chooseAction } from "./choose_action.ts";
import type { Episode } from "./episode.ts";
import type { Controller, Decision } from "./episode_runner.ts";

const WINDOW = 1024;

export class PolicyController implements Controller {
  /** Milliseconds from an observation to the policy's action. */
  readonly policyMs = new RecentValues(WINDOW);
  readonly #acting: Acting;

  constructor(acting: Acting) {
    this.#acting = acting;
  }

  /**
   * @param observation The latest output of the environment's pipeline.
   * @throws Error for an action of the policy that is not finite, before anything moves; a processor's error.
   */
  async act(observation: TensorRecord, { deterministic }: Pick<Episode, "deterministic">): Promise<Decision> {
    const startMs = performance.now();
    const action = await chooseAction(this.#acting, observation, { deterministic });
    this.policyMs.add(performance.now() - startMs);
    if (!action.data.every(Number.isFinite)) {
      throw new Error(`the policy chose the action [${action.data.join(", ")}]: its weights or its input are broken`);
    }
    return { action };
  }
}
