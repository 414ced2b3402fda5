/** Names of runs' folders, and within them. */
import { join } from "node:path";

/** LeRobot's default folder for runs. */
export const OUTPUTS = "outputs";
export const TRAIN_OUTPUTS = join(OUTPUTS, "train");

export const CHECKPOINTS = "checkpoints";
/** The dataset that a run records for itself. */
export const DEMONSTRATIONS = "demonstrations";
export const LOCK_FILE = "lock";

interface Named {
  readonly job_name: string | null;
  readonly env: { readonly type: string } | null;
  readonly policy: { readonly type: string };
}

/** A run's name. Default, as in LeRobot: environment and policy. */
export function jobOf({ job_name, env, policy }: Named): string {
  return job_name ?? [env?.type, policy.type].filter(Boolean).join("_");
}
