/** Advice for LeRobot configs that are not training configs. */
import { isPlainObject } from "../config/path.ts";
import { policyConfigs } from "../policies/registry.ts";
import { shellWord } from "../utils/text/shell_word.ts";

/** Control rate of gym-hil's tasks, and so of an environment without a config. */
const USUAL_FPS = 10;

type Fields = Readonly<Record<string, unknown>>;

/** Advice for a config that records or that trains a reward model; undefined for any other. */
export function otherConfigAdvice(config: unknown): string | undefined {
  if (!isPlainObject(config) || Object.hasOwn(config, "policy")) return undefined;
  return rewardModelAdvice(config) ?? recordAdvice(config);
}

function rewardModelAdvice({ reward_model }: Fields): string | undefined {
  if (!isPlainObject(reward_model)) return undefined;
  const why = policyConfigs.retired(String(reward_model.type)) ?? "reward models cannot be trained here";
  return `a config for a reward model, without a policy: ${why}`;
}

/** `gym_manipulator` records with an environment and no policy. */
function recordAdvice(config: Fields): string | undefined {
  if (!isPlainObject(config.env)) return undefined;
  const { env, dataset, mode } = config;
  const data = isPlainObject(dataset) ? dataset : {};
  const records = ["mode", "device"].some((key) => Object.hasOwn(config, key)) || "num_episodes_to_record" in data;
  if (!records) return undefined;
  const beginning =
    "a config of LeRobot's gym_manipulator, for recording: it has no policy, which a training config needs. ";
  if (env.name !== "gym_hil") return `${beginning}It names a real robot, which this version cannot record from yet`;
  const folder = text(data.root) ?? text(data.repo_id)?.split("/").at(-1) ?? "demos";
  const id = text(env.task) ?? "PandaPickCubeGamepad-v0";
  const words =
    mode === "replay"
      ? ["handrail", "replay", folder, "--env", id, ...counted("--episode", data.replay_episode)]
      : [
          "handrail",
          "record",
          folder,
          "--env",
          id,
          "--task",
          text(data.task) ?? "what is done",
          ...counted("--episodes", data.num_episodes_to_record),
        ];
  const left = ["fps", "processor"].filter((key) => env[key] != null && env[key] !== USUAL_FPS);
  const without = left.length === 0 ? "" : `, but for ${left.map((key) => `env.${key}`).join(" and ")},`;
  return `${beginning}Without a config, the same${without} is: ${words.map((word) => shellWord(word)).join(" ")}`;
}

function counted(option: string, value: unknown): string[] {
  return typeof value === "number" ? [option, String(value)] : [];
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
