import fc from "fast-check";
import { expect, test } from "vitest";
import type { Env, ResetOptions, ResetResult } from "../envs/env.ts";
import { Pendulum } from "../envs/pendulum.ts";
import { withoutProcessing } from "../envs/processed_env.ts";
import { NO_EVENTS, type TeleopEvents, type Teleoperator } from "../teleoperators/teleoperator.ts";
import { TeleoperatorGroup } from "../teleoperators/teleoperator_group.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Gate, holdOnStop } from "./control/gate.ts";
import { StopSwitch } from "./control/stop_switch.ts";
import { Episode } from "./episode.ts";
import { EpisodeRunner, type EpisodeRunnerOptions, type PlayedStep } from "./episode_runner.ts";
import { teleoperated } from "./teleoperated_controller.ts";

const POLICY = Tensor.of([1], [-0.5]);
const policy = { act: () => ({ action: POLICY }) };

/** One control step of a person: what is pressed, and where the stick is. */
interface Press {
  readonly events: Partial<TeleopEvents>;
  readonly torqueNm: number;
}

const press = (events: Partial<TeleopEvents>, torqueNm = 1): Press => ({ events, torqueNm });

/** A person who follows a script and then lets go; without `steers` it has buttons only. */
function person(script: readonly Press[], { id = "person", steers = true } = {}): Teleoperator {
  let step = -1;
  return {
    id,
    ...(steers && { actions: { getAction: () => Float32Array.of(script[step]!.torqueNm) } }),
    events: { getTeleopEvents: () => ({ ...NO_EVENTS, ...script[++step]?.events }) },
    connect: async () => {},
    disconnect: async () => {},
  };
}

/** Plays at most `steps` steps. */
async function play(people: readonly Teleoperator[], steps: number, options: Partial<EpisodeRunnerOptions> = {}) {
  const env = options.processedEnv?.env ?? new Pendulum();
  const seen: PlayedStep[] = [];
  const limited = { act: () => (seen.length < steps ? policy.act() : undefined) };
  const runner = new EpisodeRunner({
    processedEnv: withoutProcessing(env),
    controller: teleoperated(limited, new TeleoperatorGroup(people, env), env.actionSpace),
    sink: { onStep: (step) => void seen.push(step) },
    ...options,
  });
  const episode = new Episode(1);
  const played = await runner.run(episode, { seed: 1 });
  return { ...played, seen, episode, runner };
}

const flag = fc.boolean();
const scripts = fc.array(fc.record({ first: flag, second: flag, pedal: flag }), { minLength: 1, maxLength: 40 });

test("a step is marked exactly where any source intervenes, and its action is the one that moved the pendulum", async () => {
  await fc.assert(
    fc.asyncProperty(scripts, async (script) => {
      const first = person(script.map((step, i) => press({ isIntervention: step.first }, 1 + i / 100)));
      const second = person(script.map((step, i) => press({ isIntervention: step.second }, -1 - i / 100)));
      const pedal = person(
        script.map((step) => press({ isIntervention: step.pedal })),
        { steers: false },
      );
      const { seen } = await play([pedal, first, second], script.length);
      const bare = new Pendulum();
      await bare.reset({ seed: 1 });
      for (const [i, step] of script.entries()) {
        const expected = step.first ? 1 + i / 100 : step.second ? -1 - i / 100 : step.pedal ? 1 + i / 100 : -0.5;
        const { isIntervention, action, nextObservation } = seen[i]!;
        expect(isIntervention).toBe(step.first || step.second || step.pedal);
        expect(action).toEqual(Float32Array.of(expected));
        const check = await bare.step(action);
        expect(nextObservation["observation.state"]!.data).toEqual(check.observation["observation.state"]);
      }
    }),
    { numRuns: 50 },
  );
});

test.each<[string, Partial<TeleopEvents>, object]>([
  ["success", { success: true }, { outcome: "success", episodicReturn: 1 }],
  ["failure", { failure: true }, { outcome: "failure" }],
  ["an end without a verdict", { terminateEpisode: true }, { outcome: "terminated" }],
  ["re-recording", { rerecordEpisode: true }, { outcome: "rerecorded" }],
  ["re-recording, whatever else is pressed", { rerecordEpisode: true, success: true }, { outcome: "rerecorded" }],
  ["success rather than failure", { success: true, failure: true }, { outcome: "success" }],
])("a person ends the episode: %s", async (_, pressed, expected) => {
  const { ending, episode, seen } = await play([person([press(pressed)])], 5);
  expect([ending, seen.length]).toEqual(["over", 1]);
  expect(episode.end()).toMatchObject(expected);
});

test("events of two devices in one step are both heard", async () => {
  const stick = person([press({ isIntervention: true }, 1.5)]);
  const { seen } = await play([stick, person([press({ success: true })], { steers: false })], 5);
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatchObject({ isIntervention: true, action: Float32Array.of(1.5), reward: 1, steeredBy: "person" });
});

test("the recorded action is a copy: the device may reuse its array", async () => {
  const stick = Float32Array.of(1);
  const device = { ...person([press({ isIntervention: true })]), actions: { getAction: () => stick } };
  const { seen } = await play([device], 1);
  stick[0] = 2;
  expect(seen[0]!.action).toEqual(Float32Array.of(1));
});

test.each([
  [Float32Array.of(1, 2), "in Pendulum-v1 takes an action of 1 numbers, got 2"],
  [Float32Array.of(Number.NaN), "in Pendulum-v1: action[0] is NaN"],
])("a teleoperator's bad action %j is refused by its name", async (action, message) => {
  const device = {
    ...person([press({ isIntervention: true })], { id: "joystick" }),
    actions: { getAction: () => action },
  };
  await expect(play([device], 1)).rejects.toThrow(`the teleoperator "joystick" ${message}`);
});

/** A pendulum that takes its time to reset, and counts how often it was held. */
class SlowArm extends Pendulum implements Env {
  holds = 0;
  resets = 0;
  onReset = () => {};

  override async reset(options: ResetOptions = {}): Promise<ResetResult> {
    this.resets += 1;
    this.onReset();
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, 10_000);
      options.signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(options.signal!.reason);
      });
    });
    return super.reset(options);
  }

  hold(): void {
    this.holds += 1;
  }
}

test("an emergency stop ends a reset at once, holds the robot, and no step follows", async () => {
  const arm = new SlowArm();
  const stopSwitch = new StopSwitch();
  arm.onReset = () => setTimeout(() => stopSwitch.hold(), 10);
  const gate = new Gate({ stopSwitch });
  const processedEnv = withoutProcessing(arm);
  const { ending, seen } = await holdOnStop(stopSwitch, arm, () => play([], 5, { processedEnv, gate }));
  expect([ending, seen.length, arm.resets, arm.holds]).toEqual(["held", 0, 1, 1]);
});

test("a run that is ended during a reset does not wait for it", async () => {
  const arm = new SlowArm();
  const ending = new AbortController();
  arm.onReset = () => setTimeout(() => ending.abort(), 10);
  const played = await play([], 5, { processedEnv: withoutProcessing(arm), signal: ending.signal });
  expect(played).toMatchObject({ ending: "aborted", last: undefined });
});

test("an emergency stop in the middle of a step holds the robot in that step, and ends the episode", async () => {
  const env: Pendulum & Pick<Env, "hold"> = new Pendulum();
  const stopSwitch = new StopSwitch();
  const log: string[] = [];
  const step = env.step.bind(env);
  env.hold = () => void log.push("hold");
  env.step = async (action) => {
    stopSwitch.hold();
    stopSwitch.release();
    log.push("step");
    return await step(action);
  };
  const gate = new Gate({ stopSwitch });
  const { ending } = await holdOnStop(stopSwitch, env, () =>
    play([], 5, { processedEnv: withoutProcessing(env), gate }),
  );
  expect([ending, log]).toEqual(["held", ["hold", "step"]]);
});

test("the episode of a stopped robot is over at once, not when the robot is released", async () => {
  const stopSwitch = new StopSwitch();
  const gate = new Gate({ stopSwitch });
  const sink = { onStep: () => stopSwitch.hold() };
  const { ending, episode } = await play([], 5, { gate, sink });
  expect([ending, episode.length, stopSwitch.held]).toEqual(["held", 1, true]);
});

test("a robot that is stopped already is not even reset", async () => {
  const env = new Pendulum();
  const stopSwitch = new StopSwitch();
  stopSwitch.hold();
  env.reset = () => Promise.reject(new Error("a stopped robot was reset"));
  const played = await play([], 5, { processedEnv: withoutProcessing(env), gate: new Gate({ stopSwitch }) });
  expect(played).toMatchObject({ ending: "held", last: undefined });
});

test("what moves in a paused robot's place is stopped by the emergency stop alone", async () => {
  const stopSwitch = new StopSwitch();
  stopSwitch.pause();
  const stopKeeping = stopSwitch.keepStill();
  const gate = new Gate({ stopSwitch: stopSwitch.emergencyOnly });
  expect((await play([], 3, { gate })).seen).toHaveLength(3);
  stopSwitch.hold();
  expect(gate.obstacle).toBe("holding");
  stopSwitch.release();
  stopKeeping();
  expect(gate.obstacle).toBeUndefined();
});

test("what goes wrong while the robot is held ends the run", async () => {
  const stopSwitch = new StopSwitch();
  const env = { hold: () => Promise.reject(new Error("the bus does not answer")) };
  const work = async () => stopSwitch.hold();
  await expect(holdOnStop(stopSwitch, env, work)).rejects.toThrow("the bus does not answer");
});

test("a paused robot stands still and the episode continues afterwards", async () => {
  const stopSwitch = new StopSwitch();
  const env: Pendulum & Pick<Env, "hold"> = new Pendulum();
  let holds = 0;
  env.hold = () => void holds++;
  stopSwitch.pause();
  setTimeout(() => stopSwitch.resume(), 20);
  const gate = new Gate({ stopSwitch });
  const { ending, seen } = await play([], 3, { processedEnv: withoutProcessing(env), gate });
  // Once while it is paused, and once at the end.
  expect([ending, seen.length, holds]).toEqual(["exhausted", 3, 2]);
});

/** A pendulum that notes its steps and holds. */
function noting() {
  const env: Pendulum & Pick<Env, "hold"> = new Pendulum();
  const log: string[] = [];
  const step = env.step.bind(env);
  env.hold = () => void log.push("hold");
  env.step = async (action) => {
    log.push("step");
    return await step(action);
  };
  return { env, log, processedEnv: withoutProcessing(env) };
}

test("however an episode ends, the robot holds", async () => {
  const { processedEnv, log } = noting();
  const endings: string[] = [];
  const end = async (options: Partial<EpisodeRunnerOptions>, people: readonly Teleoperator[] = []) =>
    endings.push((await play(people, 1, { processedEnv, ...options })).ending);
  await end({});
  await end({}, [person([press({ success: true })])]);
  const ending = new AbortController();
  await end({ signal: ending.signal, sink: { onStep: () => ending.abort() } });
  expect([endings, log]).toEqual([
    ["exhausted", "over", "aborted"],
    ["step", "hold", "step", "hold", "step", "hold"],
  ]);
});

test("an error that ends an episode is reported as it is, and the robot holds, or is at least asked to", async () => {
  const { env, processedEnv, log } = noting();
  const controller = {
    act: (): never => {
      throw new Error("the policy is gone");
    },
  };
  await expect(play([], 1, { processedEnv, controller })).rejects.toThrow("the policy is gone");
  expect(log).toEqual(["hold"]);
  env.hold = () => {
    throw new Error("the bus does not answer");
  };
  await expect(play([], 1, { processedEnv, controller })).rejects.toThrow("the policy is gone");
});

test("no step follows a stop that comes while the controller makes up its mind", async () => {
  const { env, processedEnv, log } = noting();
  const stopSwitch = new StopSwitch();
  const controller = {
    act: () => {
      stopSwitch.hold();
      stopSwitch.release();
      return policy.act();
    },
  };
  const gate = new Gate({ stopSwitch });
  const { ending } = await holdOnStop(stopSwitch, env, () => play([], 1, { processedEnv, controller, gate }));
  expect([ending, log]).toEqual(["held", ["hold"]]);
});

test("a sensor that breaks ends the episode: the robot holds, and the sensor is named", async () => {
  const env: Pendulum & Pick<Env, "hold"> = new Pendulum();
  let steps = 0;
  let holds = 0;
  const step = env.step.bind(env);
  env.hold = () => void holds++;
  env.step = async (action) => {
    const result = await step(action);
    return ++steps < 3
      ? result
      : { ...result, observation: { "observation.state": Float32Array.of(0, Number.NaN, 0) } };
  };
  const { ending, seen, fault } = await play([], 5, { processedEnv: withoutProcessing(env) });
  expect([ending, seen.length, holds]).toEqual(["sensor_fault", 2, 1]);
  expect(fault!.faults).toEqual(["observation.state[1] is NaN"]);
});

test("nothing moves until the controller has begun, and others of this thread have their turn meanwhile", async () => {
  let asked = 0;
  let begun = false;
  setTimeout(() => {
    begun = true;
  }, 20);
  const seen: PlayedStep[] = [];
  const controller = {
    hasBegun: () => ++asked > 0 && begun,
    startEpisode: () => expect(begun).toBe(true),
    act: () => (seen.length < 1 ? policy.act() : undefined),
  };
  await play([], 1, { controller, sink: { onStep: (step) => void seen.push(step) } });
  expect([seen.length, asked > 1]).toEqual([1, true]);
});

test("every episode is announced to the teleoperators once its first scene can be seen", async () => {
  const seen: string[] = [];
  const env = new Pendulum();
  const reset = env.reset.bind(env);
  env.reset = async (options) => {
    seen.push("reset");
    return reset(options);
  };
  const device: Teleoperator = { ...person([]), onEpisodeStart: () => void seen.push("start") };
  const { runner } = await play([device], 0, { processedEnv: withoutProcessing(env) });
  await runner.run(new Episode(2));
  expect(seen).toEqual(["reset", "start", "reset", "start"]);
});
