import { TrainRLServerPipelineConfigSchema } from "./config.ts";

const TYPED = ["env", "policy", "algorithm"] as const;
/** What has no default: it is the robot's. */
const GIVEN = ["type", "input_features", "output_features"];

/**
 * What a config would be if it named nothing but its types of environment, policy and algorithm, and what the policy sees and does.
 *
 * @returns null where such a config does not exist, because a type needs more to be said or is not known here.
 */
export function configDefaults(config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | null {
  const types = TYPED.flatMap((key) => {
    const part = config[key];
    const hasType = typeof part === "object" && part !== null && "type" in part;
    if (!hasType) return [];
    return [[key, Object.fromEntries(Object.entries(part).filter(([name]) => GIVEN.includes(name)))] as const];
  });
  const { success, data } = TrainRLServerPipelineConfigSchema.safeParse(Object.fromEntries(types));
  return success ? data : null;
}
