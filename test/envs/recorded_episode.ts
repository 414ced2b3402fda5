/** The format of recorded episodes, read strictly: a misspelt key must not make a comparison vacuous. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { parseConfig } from "../../src/config/parse.ts";

const vector = (length: number) => z.array(z.number()).length(length);

const schema = z.object({
  name: z.string(),
  /** Environment id without its version, as in "PandaPickCube". */
  env: z.string(),
  reward_type: z.enum(["sparse", "dense"]).default("sparse"),
  control_dt: z.number().positive().default(0.1),
  reset: z.object({ agent_pos: vector(18), environment_state: vector(3), block: vector(3) }),
  steps: z
    .array(
      z.object({
        action: z.array(z.number()).min(4).max(7),
        agent_pos: vector(18),
        environment_state: vector(3),
        target: vector(3),
        reward: z.number(),
        terminated: z.boolean(),
        truncated: z.boolean(),
        succeed: z.boolean(),
        discrete_penalty: z.number().optional(),
      }),
    )
    .min(1),
});

export type RecordedEpisode = z.output<typeof schema>;

/** @throws ConfigError naming the file and what is wrong with it. */
export async function readRecordedEpisode(path: string): Promise<RecordedEpisode> {
  return parseConfig(schema, JSON.parse(await readFile(path, "utf8")), path);
}
