/** LeRobot records with a config of its own kind, which looks like a training config and is none. */
import { isPlainObject } from "../config/path.ts";

/**
 * What to run instead of a config of LeRobot's `gym_manipulator`, which has an environment and no policy; undefined for any
 * other config.
 */
export function recordConfigAdvice(config: unknown): string | undefined {
  if (!isPlainObject(config) || Object.hasOwn(config, "policy") || !isPlainObject(config.env)) return undefined;
  const { env, dataset, mode } = config;
  const data = isPlainObject(dataset) ? dataset : {};
  const records = ["mode", "device"].some((key) => Object.hasOwn(config, key)) || "num_episodes_to_record" in data;
  if (!records) return undefined;
  const beginning =
    "a config of LeRobot's gym_manipulator, for recording: it has no policy, which a training config needs. ";
  if (env.name !== "gym_hil") return `${beginning}It names a real robot, which this version cannot record from yet`;
  const folder = text(data.root) ?? text(data.repo_id)?.split("/").at(-1) ?? "demos";
  const id = text(env.task) ?? "PandaPickCubeGamepad-v0";
  const episodes = typeof data.num_episodes_to_record === "number" ? ` --episodes ${data.num_episodes_to_record}` : "";
  const command =
    mode === "replay"
      ? `handrail replay ${folder} --env ${id}${typeof data.replay_episode === "number" ? ` --episode ${data.replay_episode}` : ""}`
      : `handrail record ${folder} --env ${id} --task ${JSON.stringify(text(data.task) ?? "what is done")}${episodes}`;
  return `${beginning}Without a config, the same is: ${command}`;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
