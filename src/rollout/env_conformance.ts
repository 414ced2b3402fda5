/**
 * Conformance suite for environments, simulated or real: what the control loop relies on. It takes `describe` and `it` of
 * vitest, jest or node:test as arguments, so that the package depends on no test runner.
 */
import assert from "node:assert/strict";
import { checkAction } from "../envs/action_check.ts";
import type { Env, Observation, ResetOptions } from "../envs/env.ts";
import type { ProcessedEnv } from "../envs/processed_env.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { TestFunctions } from "../utils/test_functions.ts";
import { boundOf } from "./choose_action.ts";
import { resetAndBuildTransition, stepEnvAndProcessTransition } from "./env_step.ts";
import { assertObservation } from "./sensor_fault.ts";

/** The implementation under test. */
export interface EnvSubject {
  /** A new environment with its pipelines, as `EnvType.create` makes it; `withoutProcessing(env)` for one that has none. */
  create(): ProcessedEnv | Promise<ProcessedEnv>;
  /** Whether equal seeds give equal episodes. False for a machine. Default: true. */
  readonly isRepeatable?: boolean;
}

const STEPS = 5;

const copyOf = (observation: Observation) =>
  Object.fromEntries(Object.entries(observation).map(([key, data]) => [key, data.slice()]));

/** The same, with other ways to step or reset it. */
function wrapped(processedEnv: ProcessedEnv, ways: Partial<Pick<Env, "step" | "reset">>): ProcessedEnv {
  const { env } = processedEnv;
  const { id, observationSpace, actionSpace } = env;
  const same = {
    reset: (options?: ResetOptions) => env.reset(options),
    step: (action: Float32Array) => env.step(action),
    close: () => env.close(),
  };
  return { ...processedEnv, env: { id, observationSpace, actionSpace, ...same, ...ways } };
}

/**
 * Runs the suite. It moves the environment for some twenty steps per test, with small actions only: at most a tenth of
 * the way from rest to the action space's bounds.
 *
 * @example
 * import { describe, it } from "vitest";
 * describeEnv("my arm", { create: async () => withoutProcessing(await MyArm.connect(port)), isRepeatable: false }, { describe, it });
 */
export function describeEnv(name: string, subject: EnvSubject, { describe, it }: TestFunctions): void {
  const { isRepeatable = true } = subject;
  const itWith = (what: string, body: (processedEnv: ProcessedEnv) => Promise<void>) => {
    it(what, async () => {
      const processedEnv = await subject.create();
      await body(processedEnv).finally(() => processedEnv.env.close());
    });
  };
  /** Moves a little, back and forth. */
  const actionOf = ({ policyActionSpace: { low, high }, restingAction }: ProcessedEnv, step: number) => {
    const values = restingAction.map((rest, i) => {
      const bound = boundOf(step % 2 === 0 ? high : low, i);
      return Number.isFinite(bound) ? rest + 0.1 * (bound - rest) : rest;
    });
    return new Tensor("float32", [values.length], values);
  };
  const take = (processedEnv: ProcessedEnv, observation: TensorRecord | null, step = 0) =>
    stepEnvAndProcessTransition(processedEnv, { observation, action: actionOf(processedEnv, step) });
  /** The environment's own observations in an episode of a few steps. */
  const episodeOf = async (processedEnv: ProcessedEnv, seed: number) => {
    const { env } = processedEnv;
    const seen: { readonly original: Observation; readonly copy: Observation }[] = [];
    const look = (observation: Observation) => seen.push({ original: observation, copy: copyOf(observation) });
    const watched = wrapped(processedEnv, {
      reset: async (options) => {
        const result = await env.reset(options);
        look(result.observation);
        return result;
      },
      step: async (action) => {
        checkAction(action, env.actionSpace, `${processedEnv.actionProcessor.name} of ${env.id}`);
        const result = await env.step(action);
        look(result.observation);
        return result;
      },
    });
    let last = await resetAndBuildTransition(watched, { seed });
    for (let i = 0; i < STEPS && !last.terminated && !last.truncated; i++)
      last = await take(watched, last.observation, i);
    return { seen, last };
  };

  describe(`${name} as an environment`, () => {
    itWith("shows what its space declares, and its pipeline what it says it does", async (processedEnv) => {
      const { env, envProcessor } = processedEnv;
      const { seen, last } = await episodeOf(processedEnv, 1);
      assert.ok(seen.length > 1, "the episode was over before its first step");
      for (const { copy } of seen) assertObservation(env.id, copy, env.observationSpace);
      const features = envProcessor.outputFeatures?.observation;
      assert.ok(features, `${envProcessor.name} does not know its outputFeatures: give it inputFeatures`);
      for (const [key, { shape }] of Object.entries(features))
        assert.deepEqual(last.observation?.[key]?.shape, shape, key);
    });

    itWith("leaves what it has shown to its caller, and does not write to it again", async (processedEnv) => {
      for (const { original, copy } of (await episodeOf(processedEnv, 1)).seen) assert.deepEqual(original, copy);
    });

    itWith("rests with an action of the policy's space", async ({ env, policyActionSpace: space, restingAction }) => {
      checkAction(restingAction, space, env.id);
      const isWithin = restingAction.every(
        (value, i) => value >= boundOf(space.low, i) && value <= boundOf(space.high, i),
      );
      assert.ok(isWithin, `the resting action [${restingAction}] is out of bounds`);
    });

    itWith("throws at a step before the first reset", async ({ env }) => {
      await assert.rejects(async () => env.step(new Float32Array(env.actionSpace.shape[0]!)));
    });

    itWith(
      "refuses actions that are not finite or have another length, and can be used afterwards",
      async (processedEnv) => {
        const { env } = processedEnv;
        const { observation } = await resetAndBuildTransition(processedEnv, { seed: 1 });
        const length = env.actionSpace.shape[0]!;
        for (const bad of [Float32Array.from({ length }, () => Number.NaN), new Float32Array(length + 1)]) {
          await assert.rejects(async () => env.step(bad), `an action [${bad}] is to be refused`);
        }
        await take(processedEnv, observation);
      },
    );

    itWith("begins again after a reset, at any time", async (processedEnv) => {
      for (const seed of [1, 2, 3]) {
        const { observation } = await resetAndBuildTransition(processedEnv, { seed });
        await take(processedEnv, observation);
      }
    });

    if (isRepeatable) {
      itWith("plays the same episode again from the same seed", async (processedEnv) => {
        const first = (await episodeOf(processedEnv, 7)).seen.map(({ copy }) => copy);
        assert.deepEqual(
          (await episodeOf(processedEnv, 7)).seen.map(({ copy }) => copy),
          first,
        );
      });
    }

    itWith("can be held at any time, twice too, and moves again with the next step", async (processedEnv) => {
      const { env } = processedEnv;
      await env.hold?.();
      const { observation } = await resetAndBuildTransition(processedEnv, { seed: 1 });
      const held: unknown[] = [];
      const heldInStep = wrapped(processedEnv, {
        step(action) {
          const result = env.step(action);
          held.push(env.hold?.(), env.hold?.());
          return result;
        },
      });
      const { observation: next } = await take(heldInStep, observation);
      await Promise.all(held);
      await take(processedEnv, next);
      await env.hold?.();
    });

    itWith(
      "ends a reset for its signal with the signal's reason, or had nothing to end; then it resets",
      async (processedEnv) => {
        const ending = new AbortController();
        const reason = new Error("the workspace is not clear");
        const reset = resetAndBuildTransition(processedEnv, { seed: 1, signal: ending.signal });
        ending.abort(reason);
        await reset.catch((error) => assert.equal(error?.name === "AbortError" ? reason : error, reason));
        const { observation } = await resetAndBuildTransition(processedEnv, { seed: 1 });
        await take(processedEnv, observation);
      },
    );
  });
}
