/**
 * A custom reward model: it judges from the height of the cube whether the arm has lifted it, which decides the policy's
 * reward and the end of an episode. To use it:
 *
 *   npx handrail train --config examples/reward_model.json --plugin ./examples/reward_model.ts
 */
import { type RewardModel, registerRewardModel } from "handrail";
import { z } from "zod";

const ConfigSchema = z.strictObject({
  type: z.literal("cube_height"),
  lifted_m: z
    .number()
    .default(0.1)
    .describe("Height of the cube's centre, in metres, with a success probability of 50 %."),
  blur_m: z.number().positive().default(0.005).describe("Metres above lifted_m at which the probability is 73 %."),
});
type Config = z.output<typeof ConfigSchema>;

/** x, y, z in metres. */
const CUBE = "observation.environment_state";

class CubeHeight implements RewardModel {
  readonly inputFeatures = { [CUBE]: { type: "ENV", shape: [3] } } as const;
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  judge(observation: Parameters<RewardModel["judge"]>[0]) {
    const cube = observation[CUBE];
    if (cube === undefined) throw new Error(`the height of the cube is judged by "${CUBE}", which is missing`);
    const { lifted_m, blur_m } = this.#config;
    return 1 / (1 + Math.exp((lifted_m - Number(cube.data[2])) / blur_m));
  }
}

registerRewardModel("cube_height", { schema: ConfigSchema, create: (config) => new CubeHeight(config) });
