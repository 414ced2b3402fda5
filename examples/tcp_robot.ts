/**
 * A custom robot: a gantry with three axes that takes commands over TCP. Its tool has to touch a mark that is drawn anew
 * in every episode. The protocol, and an emulator of the robot, are in examples/tcp_robot_emulator.ts. Start it first:
 *
 *   node --import tsx examples/tcp_robot_emulator.ts
 *   npx handrail train --config examples/tcp_robot.json --plugin ./examples/tcp_robot.ts
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type BoxSpace, type Env, Random, type ResetOptions } from "handrail";
import {
  POSE_SIZE,
  registerEnvType,
  type SceneDescription,
  type SceneGeom,
  type SceneSource,
  withoutProcessing,
} from "handrail/envs";
import { SensorFaultError } from "handrail/rollout";
import { z } from "zod";

const TcpRobotConfigSchema = z.strictObject({
  type: z.literal("tcp_robot"),
  host: z.string().default("127.0.0.1").describe("Address of the robot."),
  port: z.int().min(1).max(65_535).default(7777).describe("Port of the robot."),
  timeout_ms: z.number().positive().default(1000).describe("Longest wait for a connection and for each answer."),
  fps: z.number().positive().default(10).describe("Control steps per second."),
  step_m: z.number().positive().default(0.02).describe("Metres per control step and axis at an action of 1."),
  tolerance_m: z.number().positive().default(0.02).describe("How near the tool has to come to the mark."),
  episode_s: z.number().positive().default(10).describe("Longest episode in seconds."),
  reset_time_s: z.number().min(0).default(0).describe("Pause between episodes in seconds, to prepare the next one."),
  teleop: z.looseObject({ type: z.string() }).nullable().default(null).describe("Teleoperator."),
});
type TcpRobotConfig = z.output<typeof TcpRobotConfigSchema>;

type Triple = SceneGeom["size_m"];

const ID = "tcp_robot";
const AXES = ["x.pos", "y.pos", "z.pos"] as const;
/** Bounds of the axes in metres, a little inside their travel. */
const LOW_M = [0.01, 0.01, 0.01] as const;
const HIGH_M = [0.39, 0.39, 0.29] as const;
const HOME_M = [0.2, 0.2, 0.2] as const;
const BRIDGE_M = 0.34;
const ARRIVED_M = 0.002;
/** Share of a control step between the command and the reading after it. The rest is for the policy. */
const SETTLING_SHARE = 0.7;
const LONGEST_RESET_S = 20;

/** The connection is lost. The robot's own watchdog has stopped it. */
class ConnectionLost extends Error {}

/** A connection to the robot, which answers one line per command, in the order of the commands. */
class RobotLine {
  readonly #socket: Socket;
  readonly #address: string;
  readonly #timeoutMs: number;
  readonly #waiting: { readonly resolve: (positions: number[]) => void; readonly reject: (error: Error) => void }[] =
    [];
  #lost: ConnectionLost | undefined;

  private constructor(socket: Socket, address: string, timeoutMs: number) {
    this.#socket = socket;
    this.#address = address;
    this.#timeoutMs = timeoutMs;
    const lines = createInterface({ input: socket });
    lines.on("line", (line) => this.#hear(line));
    lines.on("error", () => {});
    socket.on("error", (error) => this.#lose(`the connection failed: ${error.message}`));
    socket.on("close", () => this.#lose("the connection was lost"));
  }

  /** @throws ConnectionLost that says what to check. */
  static async open({ host, port, timeout_ms }: TcpRobotConfig): Promise<RobotLine> {
    const address = `${host}:${port}`;
    const socket = connect({ host, port, noDelay: true });
    try {
      await once(socket, "connect", { signal: AbortSignal.timeout(timeout_ms) });
    } catch (cause) {
      socket.destroy();
      const { name, code, message } = cause as NodeJS.ErrnoException;
      const silent = `no answer within ${timeout_ms} ms (env.timeout_ms)`;
      const why = name === "AbortError" ? silent : code === "ECONNREFUSED" ? "the connection is refused" : message;
      const todo = "Is it switched on, and are env.host and env.port its address?";
      throw new ConnectionLost(`no robot at ${address}: ${why}. ${todo}`, { cause });
    }
    return new RobotLine(socket, address, timeout_ms);
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /**
   * Sends a command at once, also while earlier answers are outstanding.
   *
   * @returns the axes' positions in metres; NaN for a reading that is no number.
   * @throws ConnectionLost; Error when the robot refuses the command.
   */
  async ask(command: string): Promise<number[]> {
    if (this.#lost !== undefined) throw this.#lost;
    const answered = new Promise<number[]>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    this.#socket.write(`${command}\n`);
    const late = setTimeout(
      () => this.#lose(`no answer to "${command}" within ${this.#timeoutMs} ms`),
      this.#timeoutMs,
    );
    return await answered.finally(() => clearTimeout(late));
  }

  close(): void {
    this.#socket.destroySoon();
  }

  #hear(line: string): void {
    const [status, ...words] = line.split(" ");
    const next = this.#waiting.shift();
    if (status === "ok") next?.resolve(words.map(Number));
    else next?.reject(new Error(`${ID}: the robot at ${this.#address} answers: ${line}`));
  }

  /** After a missing answer the next one could belong to any command, so the connection is useless. */
  #lose(why: string): void {
    this.#lost ??= new ConnectionLost(`${this.#address}: ${why}`);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#lost);
    this.#socket.destroy();
  }
}

/** Observation: tool and mark, in metres. Action: distance to move along each axis, as a share of `step_m`. */
class TcpRobot implements Env, SceneSource {
  readonly id = ID;
  readonly observationSpace = {
    "observation.state": { type: "box", dtype: "float32", shape: [3], low: 0, high: 0.4, names: AXES },
    "observation.environment_state": { type: "box", dtype: "float32", shape: [3], low: 0, high: 0.4 },
  } as const;
  readonly actionSpace: BoxSpace = { type: "box", dtype: "float32", shape: [3], low: -1, high: 1 };
  readonly controlFrequencyHz: number;
  readonly description: SceneDescription;
  readonly #config: TcpRobotConfig;
  readonly #stepMs: number;
  #line: RobotLine;
  #random: Random;
  #positionsM: number[];
  #markM: number[] = [...HOME_M];
  #stepsLeft = 0;

  private constructor(config: TcpRobotConfig, line: RobotLine, positionsM: number[], seed: number) {
    this.#config = config;
    this.description = sceneDescription(config);
    this.#line = line;
    this.#positionsM = positionsM;
    this.#random = new Random(seed);
    this.#stepMs = 1000 / config.fps;
    this.controlFrequencyHz = config.fps;
  }

  /** Moves nothing: the first reset turns the motors on. */
  static async connect(config: TcpRobotConfig, seed = 0): Promise<TcpRobot> {
    const line = await RobotLine.open(config);
    try {
      return new TcpRobot(config, line, await line.ask("read"), seed);
    } catch (error) {
      line.close();
      throw error;
    }
  }

  async reset({ seed, signal }: ResetOptions = {}) {
    if (seed !== undefined) this.#random = new Random(seed);
    this.#markM = LOW_M.map((low, axis) => this.#random.uniform(low, HIGH_M[axis]!));
    await this.#reachable(async () => {
      if (this.#line.isLost) this.#line = await RobotLine.open(this.#config);
      this.#positionsM = await this.#line.ask("on");
      await this.#goHome(signal);
    });
    this.#stepsLeft = Math.round(this.#config.episode_s * this.#config.fps);
    return { observation: this.#observe(), info: {} };
  }

  async step(action: Float32Array) {
    if (action.length !== AXES.length || !action.every(Number.isFinite)) {
      throw new RangeError(`${ID}: the action [${action.join(", ")}] is not three finite numbers`);
    }
    if (this.#stepsLeft === 0) throw new Error(`${ID}: the episode is over: reset first`);
    const dueMs = performance.now() + SETTLING_SHARE * this.#stepMs;
    await this.#reachable(async () => {
      await this.#line.ask(`move ${this.#goalOf(action)}`);
      await sleep(Math.max(0, dueMs - performance.now()));
      this.#positionsM = await this.#line.ask("read");
    });
    this.#stepsLeft -= 1;
    const distanceM = Math.hypot(...this.#markM.map((mark, axis) => mark - this.#positionsM[axis]!));
    const success = distanceM < this.#config.tolerance_m;
    const truncated = !success && this.#stepsLeft === 0;
    if (success) this.#stepsLeft = 0;
    const reward = success ? 1 : -0.1 * distanceM;
    return { observation: this.#observe(), reward, terminated: success, truncated, success, info: {} };
  }

  /** Sends the command at once, even while others are pending. */
  async hold(): Promise<void> {
    await this.#line.ask("stop").catch(unlessLost);
  }

  async close(): Promise<void> {
    await this.#line.ask("off").catch(unlessLost);
    this.#line.close();
  }

  readPoses(out: Float32Array): void {
    const [x, y, z] = this.#positionsM as [number, number, number];
    const places = [[0, 0, 0], [x, 0.2, BRIDGE_M], [x, y, BRIDGE_M], [x, y, z], this.#markM];
    for (const [body, place] of places.entries()) out.set([...place, 1, 0, 0, 0], POSE_SIZE * body);
  }

  /** Within the bounds of the axes, and never further than `step_m` from where they are. */
  #goalOf(action: Float32Array): string {
    const { step_m } = this.#config;
    const goal = this.#positionsM.map((position, axis) => {
      const within = clamp(position + action[axis]! * step_m, LOW_M[axis]!, HIGH_M[axis]!);
      return clamp(within, position - step_m, position + step_m).toFixed(5);
    });
    return goal.join(" ");
  }

  /** In steps as small as those of a policy, so that a stop takes effect within one. */
  async #goHome(signal: AbortSignal | undefined): Promise<void> {
    const { step_m, fps } = this.#config;
    for (let step = 0; step < LONGEST_RESET_S * fps; step++) {
      if (signal?.aborted) {
        await this.hold();
        throw signal.reason;
      }
      const way = HOME_M.map((home, axis) => home - this.#positionsM[axis]!);
      // The check of the observation reports a position that is no number. Until then nothing moves.
      if (way.some(Number.isNaN) || way.every((left) => Math.abs(left) < ARRIVED_M)) return;
      await this.#line.ask(`move ${this.#goalOf(Float32Array.from(way, (left) => left / step_m))}`);
      await sleep(this.#stepMs, undefined, { signal }).catch(() => {});
      this.#positionsM = await this.#line.ask("read");
    }
    throw new Error(`${ID}: the axes did not reach ${HOME_M.join(", ")} within ${LONGEST_RESET_S} s: is the way free?`);
  }

  /** A lost connection is a sensor fault: `handrail.on_sensor_fault` decides whether the run tries again or ends. */
  async #reachable(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof ConnectionLost) throw new SensorFaultError(ID, [error.message], "the robot is away");
      throw error;
    }
  }

  #observe() {
    return {
      "observation.state": Float32Array.from(this.#positionsM),
      "observation.environment_state": Float32Array.from(this.#markM),
    };
  }
}

/** Bench, bridge (along x), carriage (along y), tool (along z) and mark, as the dashboard draws them. */
function sceneDescription({ tolerance_m }: TcpRobotConfig): SceneDescription {
  const box = (body: number, size_m: Triple, position_m: Triple, color: Triple): SceneGeom => {
    return { body, shape: "box", size_m, position_m, quaternion: [1, 0, 0, 0], color, alpha: 1 };
  };
  const [grey, blue, orange]: Triple[] = [
    [0.6, 0.62, 0.65],
    [0.2, 0.4, 0.7],
    [0.95, 0.5, 0.1],
  ];
  return {
    bodies: 5,
    geoms: [
      box(0, [0.24, 0.24, 0.01], [0.2, 0.2, -0.02], grey!),
      box(0, [0.24, 0.01, 0.01], [0.2, -0.03, BRIDGE_M], grey!),
      box(0, [0.24, 0.01, 0.01], [0.2, 0.43, BRIDGE_M], grey!),
      box(1, [0.015, 0.24, 0.015], [0, 0, 0], blue!),
      box(2, [0.025, 0.025, 0.025], [0, 0, 0], blue!),
      box(3, [0.006, 0.006, 0.17], [0, 0, 0.17], grey!),
      { ...box(4, [tolerance_m, 0, 0], [0, 0, 0], orange!), shape: "sphere", alpha: 0.7 },
    ],
    focus: { center_m: [0.2, 0.2, 0.17], radius_m: 0.35 },
    guides: { workspace: { low_m: LOW_M, high_m: HIGH_M }, tool: { body: 3, position_m: [0, 0, 0] } },
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function unlessLost(error: unknown): void {
  if (!(error instanceof ConnectionLost)) throw error;
}

registerEnvType("tcp_robot", {
  schema: TcpRobotConfigSchema,
  settings: ({ fps, episode_s, reset_time_s }) => ({
    ...{ fps, task: null, taskInWords: "touch the mark", episodeTimeS: episode_s, resetTimeS: reset_time_s },
    isPhysical: true,
    elementNames: { "observation.state": AXES },
  }),
  async create(config, { seed }) {
    const robot = await TcpRobot.connect(config, seed);
    return { ...withoutProcessing(robot), display: robot };
  },
});
