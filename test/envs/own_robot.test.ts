/** The robot of docs/envs/write_your_own_robot.md: its emulator, its environment type, and commands that drive it over TCP. */
import { createServer } from "node:net";
import { afterEach, beforeAll, expect, test } from "vitest";
import { type EmulatorOptions, RobotEmulator } from "../../examples/tcp_robot_emulator.ts";
import { loadPlugins } from "../../src/algorithms/plugins.ts";
import type { ConfiguredEnv } from "../../src/envs/processed_env.ts";
import { Episode } from "../../src/rollout/episode.ts";
import { EpisodeRunner } from "../../src/rollout/episode_runner.ts";
import { makeProcessedEnv } from "../../src/runs/make_processed_env.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { freePort } from "../transport/free_port.ts";
import { until } from "../until.ts";

const CONFIG = "examples/tcp_robot.json";
const PLUGIN = "./examples/tcp_robot.ts";
const FULL_AHEAD = Float32Array.of(1, 1, 1);
const HOME_M = [0.2, 0.2, 0.2].map((home) => expect.closeTo(home, 2));

const closing: (() => unknown)[] = [];
beforeAll(() => loadPlugins([PLUGIN]));
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** An emulator with what it has logged. */
async function startRobot(options: EmulatorOptions = {}) {
  const log: string[] = [];
  const robot = await RobotEmulator.start({ ...options, log: (line) => log.push(line) });
  closing.push(() => robot.close());
  return { robot, log };
}

async function connectTo(port: number, ...overrides: string[]): Promise<ConfiguredEnv> {
  const config = await loadTrainingConfig(CONFIG, { overrides: [`--env.port=${port}`, ...overrides] });
  const made = await makeProcessedEnv(config);
  closing.push(() => made.env.close());
  return made;
}

const messageOf = (work: Promise<unknown>) =>
  work.then(
    () => "",
    (error: Error) => error.message,
  );

test("connecting moves nothing; the first reset turns the motors on and drives home; closing turns them off", async () => {
  const { robot, log } = await startRobot({ speed: 2 });
  const { env } = await connectTo(robot.port, "--env.fps=50");
  expect([robot.isMoving, robot.motorsOn, log]).toEqual([false, false, ["connected"]]);
  await env.reset();
  expect([robot.motorsOn, robot.positionsM]).toEqual([true, HOME_M]);
  await env.close();
  await until(() => !robot.isConnected, "the end of the connection");
  expect(log).toEqual(["connected", "motors on", "motors off", "connection lost"]);
});

test("a step goes no further than `step_m` from where the axes are, nor beyond their bounds", async () => {
  const { robot } = await startRobot({ speed: 5 });
  const { env } = await connectTo(robot.port, "--env.fps=50", "--env.step_m=0.05", "--env.tolerance_m=0.0001");
  await env.reset({ seed: 1 });
  const before = robot.positionsM;
  const { observation } = await env.step(Float32Array.of(9, -9, 0));
  const [x, y, z] = observation["observation.state"]!;
  expect([x! - before[0]!, y! - before[1]!, z! - before[2]!]).toEqual(
    [0.05, -0.05, 0].map((way) => expect.closeTo(way, 4)),
  );
  for (let step = 0; step < 6; step++) await env.step(FULL_AHEAD);
  expect(robot.positionsM).toEqual([0.39, 0.39, 0.29].map((bound) => expect.closeTo(bound, 4)));
  expect(await messageOf(env.step(Float32Array.of(0, Number.NaN, 0)))).toContain("[0, NaN, 0]");
});

test("a hold stops all axes at once, in the middle of a step; the next step moves them again", async () => {
  const { robot, log } = await startRobot({ speed: 0.5 });
  const { env } = await connectTo(robot.port, "--env.fps=2", "--env.step_m=0.15");
  await env.reset();
  const step = env.step(FULL_AHEAD);
  await until(() => robot.isMoving, "the step's motion");
  await env.hold!();
  expect([robot.isMoving, log.at(-1)]).toEqual([false, "stopped"]);
  const [heldAt] = robot.positionsM;
  await step;
  expect(robot.positionsM[0]).toBe(heldAt);
  expect(heldAt).toBeLessThan(0.34);
  await env.step(FULL_AHEAD);
  expect(robot.positionsM[0]).toBeGreaterThan(heldAt!);
});

test("an aborted reset leaves the robot where it is, and rejects with the reason", async () => {
  const { robot } = await startRobot({ speed: 0.05 });
  const { env } = await connectTo(robot.port);
  const ending = new AbortController();
  const reset = messageOf(env.reset({ signal: ending.signal }));
  await until(() => robot.isMoving, "the reset's motion");
  ending.abort(new Error("the workspace is not clear"));
  expect(await reset).toBe("the workspace is not clear");
  expect([robot.isMoving, robot.positionsM[0]! < 0.19]).toEqual([false, true]);
});

test("an unreachable robot is refused with its address and advice", async () => {
  const port = await freePort();
  const todo = "Is it switched on, and are env.host and env.port its address?";
  expect(await messageOf(connectTo(port))).toBe(`no robot at 127.0.0.1:${port}: the connection is refused. ${todo}`);
});

test("a robot that does not answer in time, refuses a command, or has another master says so", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  closing.push(() => silent.close());
  await until(() => silent.listening, "the silent server");
  const { port } = silent.address() as { port: number };
  expect(await messageOf(connectTo(port, "--env.timeout_ms=100"))).toBe(
    `127.0.0.1:${port}: no answer to "read" within 100 ms`,
  );
  const { robot } = await startRobot();
  await connectTo(robot.port);
  expect(await messageOf(connectTo(robot.port))).toBe(
    `tcp_robot: the robot at 127.0.0.1:${robot.port} answers: error another computer moves this robot`,
  );
});

test("a robot that falls silent or whose connection is lost ends the episode; the next reset connects again", async () => {
  const { robot } = await startRobot({ speed: 2 });
  const processedEnv = await connectTo(robot.port, "--env.fps=50", "--env.timeout_ms=100");
  let whenActing = () => {};
  const runner = new EpisodeRunner({
    processedEnv,
    controller: {
      act: () => {
        whenActing();
        return { action: Tensor.of([3], [0, 0, 0]) };
      },
    },
  });
  const faultWhen = async (acting: () => void) => {
    whenActing = acting;
    const { ending, fault } = await runner.run(new Episode(1));
    expect(ending).toBe("sensor_fault");
    return fault!.message;
  };
  const where = `tcp_robot: the robot is away: 127.0.0.1:${robot.port}`;
  expect(await faultWhen(() => robot.disconnect())).toBe(`${where}: the connection was lost`);
  robot.delayMs = 0;
  const late = faultWhen(() => {
    robot.delayMs = 300;
  });
  expect(await late).toMatch(/: no answer to "(move|read).*" within 100 ms$/);
  robot.delayMs = 0;
  await until(() => !robot.isConnected, "the end of the connection");
  const { observation } = await processedEnv.env.reset();
  expect([...observation["observation.state"]!]).toEqual(HOME_M);
});

test("a reading that is no number is a fault of its axis and causes no motion", async () => {
  const { robot } = await startRobot({ speed: 2 });
  const processedEnv = await connectTo(robot.port, "--env.fps=50");
  robot.breakSensor("y", "nan");
  const runner = new EpisodeRunner({ processedEnv, controller: { act: () => undefined } });
  const before = robot.positionsM;
  const { ending, fault } = await runner.run(new Episode(1));
  expect([ending, fault!.message]).toEqual([
    "sensor_fault",
    "tcp_robot: a sensor is broken: observation.state[1] (y.pos) is NaN",
  ]);
  expect(robot.positionsM).toEqual(before);
  robot.breakSensor("y", undefined);
  expect((await runner.run(new Episode(2))).ending).toBe("exhausted");
});
