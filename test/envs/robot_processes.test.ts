/** `handrail learner` and `handrail actor` with the robot of examples/tcp_robot.ts: what it does when something goes wrong. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { RobotEmulator } from "../../examples/tcp_robot_emulator.ts";
import { readRunLog } from "../../src/metrics/read_run_log.ts";
import { handrail } from "../cli/run_cli.ts";
import { PageSocket } from "../dashboard/page_socket.ts";
import { HandrailProcess } from "../faults/handrail_process.ts";
import { freePort } from "../transport/free_port.ts";
import { PATIENT, until } from "../until.ts";

const ON_THE_ROBOT = ["--config", "examples/tcp_robot.json", "--plugin", "./examples/tcp_robot.ts"];
/** Goals that take the axes seconds to reach: what stops before has been stopped. */
const FAR_GOALS = ["--env.step_m=0.38", "--env.tolerance_m=0.0001", "--env.episode_s=600"];
const SLOW_MPS = 0.05;

let folder: string;
let learner: HandrailProcess;
let learnerPort: number;
let actor: HandrailProcess | undefined;
let robot: RobotEmulator;
let log: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-robot-"));
  learnerPort = await freePort();
  learner = await HandrailProcess.learner(
    ...[...ON_THE_ROBOT, `--output_dir=${join(folder, "learner")}`, "--policy.online_steps=1000000"],
    `--policy.actor_learner_config.learner_port=${learnerPort}`,
  );
});
afterAll(async () => {
  await learner?.kill();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  log = [];
  robot = await RobotEmulator.start({ speed: SLOW_MPS, log: (line) => log.push(line) });
});
afterEach(async () => {
  await actor?.kill();
  actor = undefined;
  await robot.close();
});

/** Resolves while the first episode moves the robot. */
async function act(...overrides: string[]): Promise<HandrailProcess> {
  const started = await HandrailProcess.actor(
    ...[...ON_THE_ROBOT, `--env.port=${robot.port}`, "--policy.online_steps=1000000"],
    `--policy.actor_learner_config.learner_port=${learnerPort}`,
    ...[`--output_dir=${await mkdtemp(join(folder, "actor-"))}`, ...overrides],
  );
  actor = started;
  const isHome = () => robot.positionsM.every((position) => Math.abs(position - 0.2) < 0.004);
  await until(isHome, "the end of the reset");
  await until(() => !isHome() && robot.isMoving, "the first steps");
  return started;
}

test("`handrail train` trains and evaluates on the same robot, in real time", async () => {
  const quick = await RobotEmulator.start({ speed: 5 });
  const { code, errors } = await handrail(
    ...["train", ...ON_THE_ROBOT, "--no-dashboard", `--output_dir=${join(folder, "run")}`, `--env.port=${quick.port}`],
    ...["--env.fps=50", "--env.step_m=0.1", "--env.episode_s=1", "--env.tolerance_m=0.0001"],
    // Whatever the config says, a robot takes its time.
    ...[
      "--handrail.pacing=as_fast_as_possible",
      "--policy.online_steps=120",
      "--policy.online_step_before_learning=20",
    ],
    ...["--batch_size=16", "--eval.n_episodes=2", "--handrail.solved=null"],
  );
  await quick.close();
  expect({ code, errors }).toEqual({ code: 0, errors: expect.any(String) });
  const episodes: number[] = [];
  for await (const event of readRunLog(join(folder, "run/run.jsonl"))) {
    if (event.type === "episode") episodes.push(event.duration_s);
  }
  expect(episodes).toHaveLength(2);
  // 50 steps at 50 Hz, the first of them at once.
  for (const durationS of episodes) expect(durationS).toBeGreaterThan(0.97);
  const report = await readFile(join(folder, "run/policy/evaluation.json"), "utf8");
  expect(JSON.parse(report)).toMatchObject({ episodes: 2, lengths: [50, 50] });
});

test("an emergency stop from the dashboard stops the motion at once; a person then drives it by hand", async () => {
  const port = await freePort();
  const page = ["--dashboard.port", String(port), "--dashboard.input-timeout", String(PATIENT.timeout)];
  await act(...FAR_GOALS, ...page, '--env.teleop={"type": "dashboard"}');
  const stop = await fetch(`http://127.0.0.1:${port}/stop?name=Ada`, { method: "POST" });
  expect(await stop.json()).toEqual({ stopped: true });
  await until(() => !robot.isMoving, "the stop");
  expect(log).toContain("stopped");
  const heldAt = robot.positionsM;
  await sleep(300);
  expect(robot.positionsM).toEqual(heldAt);

  const ada = await PageSocket.open(port);
  await ada.drive([1, 0, 0]);
  ada.send({ type: "release_stop" });
  await until(() => robot.positionsM[0]! > 0.38, "the axis at its end");
  await ada.close();
});

test("`kill -9` of the actor stops the robot, and turns its motors off", async () => {
  const killed = await act(...FAR_GOALS);
  await killed.kill();
  await until(() => !robot.motorsOn, "the end of the connection");
  expect(log.slice(-3)).toEqual(["stopped", "motors off", "connection lost"]);
  expect(robot.isMoving).toBe(false);
});

test("an actor that hangs while the robot moves does not drive it on", async () => {
  const hanging = await act(...FAR_GOALS);
  process.kill(hanging.pid, "SIGSTOP");
  await until(() => !robot.isMoving, "the robot's own watchdog");
  expect(log.slice(-2)).toEqual(["no command for half a second", "stopped"]);
});

test("SIGTERM stops the robot before anything else is finished, and turns its motors off", async () => {
  const stopped = await act(...FAR_GOALS);
  expect(await stopped.stop()).toBe(0);
  expect(log.slice(-3)).toEqual(["stopped", "motors off", "connection lost"]);
});

test("a broken sensor is named by its axis; the run continues when it reads again", async () => {
  const acting = await act();
  robot.breakSensor("y", "nan");
  await acting.prints("tcp_robot: a sensor is broken: observation.state[1] (y.pos) is NaN. The robot holds");
  robot.breakSensor("y", undefined);
  await until(() => robot.isMoving, "the next episode");
});

test("a lost connection is named; the run continues once the robot can be reached again", async () => {
  const acting = await act();
  robot.disconnect();
  await acting.prints(
    `tcp_robot: the robot is away: 127.0.0.1:${robot.port}: the connection was lost. The robot holds`,
  );
  await until(() => robot.isConnected && robot.isMoving, "the next episode");
});

test('with on_sensor_fault "stop" a lost connection ends the actor with an error', async () => {
  const acting = await act("--handrail.on_sensor_fault=stop");
  robot.disconnect();
  expect(await acting.ended()).toBe(1);
  expect(acting.output).toMatch(/error: tcp_robot: the robot is away: 127\.0\.0\.1:\d+: the connection was lost\n$/);
});
