/** Handrail's environments and the examples keep what the control loop relies on; the suite catches who does not. */
import { describe, expect, it } from "vitest";
import { RobotEmulator } from "../../examples/tcp_robot_emulator.ts";
import { loadPlugins } from "../../src/algorithms/plugins.ts";
import type { Env, ResetOptions, StepResult } from "../../src/envs/env.ts";
import { Pendulum } from "../../src/envs/pendulum.ts";
import { type ProcessedEnv, withoutProcessing } from "../../src/envs/processed_env.ts";
import { describeEnv, type EnvSubject } from "../../src/rollout/env_conformance.ts";
import { makeProcessedEnv } from "../../src/runs/make_processed_env.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { failedTests } from "../failed_tests.ts";

describeEnv("the pendulum", { create: () => withoutProcessing(new Pendulum()) }, { describe, it });

const ofConfig = async (config: string, ...overrides: string[]) =>
  await makeProcessedEnv(await loadTrainingConfig(config, { overrides }));

for (const preset of ["pick_cube", "pick_cube_pixels"]) {
  describeEnv(
    `the simulated Panda of ${preset}`,
    { create: () => ofConfig(`configs/${preset}.json`) },
    { describe, it },
  );
}

await loadPlugins(["planar_reach", "slider", "tcp_robot"].map((name) => `./examples/${name}.ts`));
for (const name of ["planar_reach", "slider"]) {
  describeEnv(`the example ${name}`, { create: () => ofConfig(`examples/${name}.json`) }, { describe, it });
}
describeEnv(
  "the example of a robot of one's own",
  {
    isRepeatable: false,
    async create() {
      const robot = await RobotEmulator.start({ speed: 2 });
      const made = await ofConfig("examples/tcp_robot.json", `--env.port=${robot.port}`, "--env.fps=50");
      const close = made.env.close.bind(made.env);
      made.env.close = async () => {
        await close();
        await robot.close();
      };
      return made;
    },
  },
  { describe, it },
);

/** The tests of the suite that an environment fails. */
async function failuresOf(create: EnvSubject["create"]): Promise<string[]> {
  return await failedTests((runner) => describeEnv("broken", { create }, runner));
}

/** A pendulum that a test spoils. */
const spoilt = (spoil: (env: Env) => void, change: (made: ProcessedEnv) => ProcessedEnv = (made) => made) => {
  const env: Env = new Pendulum();
  spoil(env);
  return change(withoutProcessing(env));
};
const KEY = "observation.state";

function withStep(env: Env, change: (result: StepResult, action: Float32Array) => StepResult): void {
  const step = env.step.bind(env);
  env.step = async (action) => change(await step(action), action);
}

const BROKEN: { readonly what: string; readonly test: string; readonly create: EnvSubject["create"] }[] = [
  {
    what: "shows too few numbers",
    test: "shows what its space declares",
    create: () =>
      spoilt((env) => withStep(env, (result) => ({ ...result, observation: { [KEY]: new Float32Array(2) } }))),
  },
  {
    what: "does not know what its pipeline shows",
    test: "shows what its space declares",
    create: () =>
      spoilt(
        () => {},
        (made) => ({ ...made, envProcessor: Object.assign(made.envProcessor, { outputFeatures: undefined }) }),
      ),
  },
  {
    what: "fills the same array at every step",
    test: "leaves what it has shown",
    create: () =>
      spoilt((env) => {
        const shared = new Float32Array(3);
        withStep(env, (result) => {
          shared.set(result.observation[KEY]!);
          return { ...result, observation: { [KEY]: shared } };
        });
      }),
  },
  {
    what: "rests out of bounds",
    test: "rests with an action",
    create: () =>
      spoilt(
        () => {},
        (made) => ({ ...made, restingAction: Float32Array.of(9) }),
      ),
  },
  {
    what: "steps without a reset",
    test: "throws at a step before",
    create: () =>
      spoilt((env) => {
        const step = env.step.bind(env);
        const ready = env.reset();
        env.step = async (action) => {
          await ready;
          return await step(action);
        };
      }),
  },
  {
    what: "takes any action",
    test: "refuses actions",
    create: () =>
      spoilt((env) => {
        const step = env.step.bind(env);
        env.step = (action) => step(Float32Array.of(Number.isFinite(action[0]) ? action[0]! : 0));
      }),
  },
  {
    what: "ignores seeds",
    test: "the same episode again",
    create: () =>
      spoilt((env) => {
        const reset = env.reset.bind(env);
        env.reset = ({ seed: _, ...options }: ResetOptions = {}) => reset(options);
      }),
  },
  {
    what: "can be reset once",
    test: "begins again",
    create: () =>
      spoilt((env) => {
        const reset = env.reset.bind(env);
        let resets = 0;
        env.reset = async (options) => {
          if (resets++ > 0) throw new Error("worn out");
          return await reset(options);
        };
      }),
  },
  {
    what: "cannot be held during a step",
    test: "can be held at any time",
    create: () =>
      spoilt((env) => {
        let isStepping = false;
        const step = env.step.bind(env);
        env.step = async (action) => {
          isStepping = true;
          return await step(action).finally(() => {
            isStepping = false;
          });
        };
        env.hold = async () => {
          if (isStepping) throw new Error("busy");
        };
      }),
  },
  {
    what: "ends a reset with another reason",
    test: "ends a reset for its signal",
    create: () =>
      spoilt((env) => {
        const reset = env.reset.bind(env);
        env.reset = async (options) => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          if (options?.signal?.aborted) throw new Error("no idea");
          return await reset(options);
        };
      }),
  },
];

describe("the conformance suite of environments", () => {
  it.each(BROKEN)("catches an environment that $what", async ({ create, test }) => {
    expect(await failuresOf(create)).toContainEqual(expect.stringContaining(test));
  });
});
