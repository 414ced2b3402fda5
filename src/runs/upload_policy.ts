/** `policy.push_to_hub`: uploads the policy to the Hugging Face Hub after a run. */
import type { TrainRLServerPipelineConfig } from "../settings/config.ts";
import { runSettingsOf } from "../settings/run_settings.ts";
import { hubConnection } from "../utils/hub/hub_connection.ts";
import { pushToHub } from "../utils/hub/push_to_hub.ts";

type Config = Pick<TrainRLServerPipelineConfig, "policy" | "job_name" | "save_checkpoint">;

/** Call it before slow work. @throws Error if the config asks for an upload that would fail. */
export function requireUpload(config: Config): void {
  const { push, repoId } = runSettingsOf(config).hub;
  if (!push) return;
  if (repoId === null) {
    throw new Error(
      'policy.push_to_hub is true, but policy.repo_id names no repository: write one such as "user/name", or set ' +
        "policy.push_to_hub to false",
    );
  }
  if (!config.save_checkpoint) {
    throw new Error("policy.push_to_hub is true, but save_checkpoint is false, so there is nothing to upload");
  }
  if (hubConnection({}).token !== undefined) return;
  throw new Error(
    `policy.push_to_hub is true, but there is no access token for an upload to "${repoId}": set HF_TOKEN to a token with write ` +
      "access, or policy.push_to_hub to false",
  );
}

/**
 * Uploads a policy's folder if the config asks for it. Never throws: the policy is safe on disk.
 *
 * @returns the outcome, for the run's log.
 */
export async function uploadPolicy(
  config: Config,
  folder: string,
): Promise<{ readonly level: "info" | "warn"; readonly message: string } | undefined> {
  const { push, repoId, private: isPrivate } = runSettingsOf(config).hub;
  if (!push || repoId === null) return undefined;
  try {
    const { url } = await pushToHub(folder, repoId, {
      commitTitle: config.job_name === null ? "Upload the policy of a run" : `Upload the policy of ${config.job_name}`,
      ...(isPrivate !== null && { isPrivate }),
    });
    return { level: "info", message: `the policy was uploaded: ${url}` };
  } catch (error) {
    return { level: "warn", message: `the policy was not uploaded, it is in ${folder}: ${(error as Error).message}` };
  }
}
