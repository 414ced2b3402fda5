/** Whether an episode solved the task, told from its last step. */
import type { ProcessorTransition } from "../processors/transition.ts";

/**
 * A person's verdict counts before the environment's: `next.success` is what an environment that people take over
 * concludes, `success` what a person declares to the action pipeline, `succeed` what gym-hil's environments report.
 */
export function isSuccess({ info, teleoperation }: Pick<ProcessorTransition, "info" | "teleoperation">): boolean {
  const concluded = info["next.success"];
  if (typeof concluded === "boolean") return concluded;
  if (info.success === true) return true;
  return info.succeed === true && teleoperation?.events.failure !== true;
}
