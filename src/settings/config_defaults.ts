import { TrainRLServerPipelineConfigSchema } from "./config.ts";

const TYPED = ["env", "policy", "algorithm"] as const;
/** Keys without a default, because they depend on the robot. */
const GIVEN = ["type", "input_features", "output_features"];

/**
 * The config that results from only the types of environment, policy and algorithm, and the policy's features.
 *
 * @returns null where such a config does not exist, because a type requires further keys or is unknown.
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
