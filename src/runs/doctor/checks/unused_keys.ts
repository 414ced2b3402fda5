/** Keys that look as if they did something. */
import { unusedKeys } from "../../../config/schema/schema_walk.ts";
import { TrainRLServerPipelineConfigSchema } from "../../../settings/config.ts";
import { type Check, ok, warning } from "../check.ts";

export const unusedKeysCheck: Check = {
  name: "unused keys",
  run({ written }) {
    const keys = unusedKeys(TrainRLServerPipelineConfigSchema, written);
    if (keys.length === 0) return [ok("every key that is set has an effect")];
    const why = "They are LeRobot's: they are kept in the file, but Handrail does nothing with them.";
    return [
      warning(`no effect: ${keys.join(", ")}`, { why, todo: "Leave them out, unless LeRobot reads this file too." }),
    ];
  },
};
