/** Options of `reset`. */
import { z } from "zod";
import { parseConfig } from "../../config/parse.ts";
import { ARM_JOINTS } from "./control/operational_space_control.ts";

const schema = z.strictObject({
  /** Start position of the (first) block: xyz in metres. */
  blockPosition: z.array(z.number()).length(3).optional(),
  /** Start posture of the arm: joints 1–7 in rad. */
  jointPositions: z.array(z.number()).length(ARM_JOINTS).optional(),
});

export type PandaResetOptions = z.output<typeof schema>;

/** @throws ConfigError naming the environment and every wrong option. */
export function parseResetOptions(id: string, options: unknown = {}): PandaResetOptions {
  return parseConfig(schema, options, `reset options of ${id}`);
}
