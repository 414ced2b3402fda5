/**
 * The robot of examples/tcp_robot.ts without the hardware: a gantry whose three axes carry a tool, behind a TCP port.
 *
 *   node --import tsx examples/tcp_robot_emulator.ts --port 7777
 *
 * It takes one command per line and answers each with one line:
 *
 *   on             turns the motors on
 *   move X Y Z     sets the goal of each axis in metres; the axes move there at `speed`
 *   stop           stops all axes where they are
 *   off            stops, and turns the motors off
 *   read           does nothing
 *
 * The answer is `ok X Y Z`, the positions in metres, or `error` and a reason. Two rules make it safe. It stops when no command
 * has come for half a second while it moves. When its connection is lost, it stops and turns the motors off.
 */
import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

export interface EmulatorOptions {
  readonly host?: string;
  /** 0: any free port. */
  readonly port?: number;
  /** Speed of each axis in metres per second. Default: 0.3. */
  readonly speed?: number;
  /** Called with what happens to the robot, such as "motors on". */
  readonly log?: (line: string) => void;
}

/** Travel of each axis, in metres from 0. */
const REACH_M = [0.4, 0.4, 0.3] as const;
const AXES = ["x", "y", "z"] as const;
const WATCHDOG_MS = 500;

export class RobotEmulator {
  motorsOn = false;
  /** Delay of each answer in milliseconds. */
  delayMs = 0;
  readonly #speed: number;
  readonly #log: (line: string) => void;
  readonly #server: Server;
  /** Faked readings by axis. */
  readonly #readings: (string | undefined)[] = [];
  readonly #startM = [0.15, 0.15, 0.25];
  #positionsM = [...this.#startM];
  #goalM = [...this.#startM];
  #updatedMs = performance.now();
  #heardMs = performance.now();
  #client: Socket | undefined;
  #watchdog: NodeJS.Timeout | undefined;

  private constructor({ speed = 0.3, log = () => {} }: EmulatorOptions) {
    this.#speed = speed;
    this.#log = log;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Resolves when it listens. @throws Error where the port is taken. */
  static async start(options: EmulatorOptions = {}): Promise<RobotEmulator> {
    const robot = new RobotEmulator(options);
    const { host = "127.0.0.1", port = 0 } = options;
    await new Promise<void>((resolve, reject) => {
      robot.#server.once("error", reject).listen(port, host, resolve);
    });
    return robot;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Position of the tool, in metres. */
  get positionsM(): readonly number[] {
    this.#advance();
    return [...this.#positionsM];
  }

  get isMoving(): boolean {
    this.#advance();
    return this.#positionsM.some((position, axis) => position !== this.#goalM[axis]);
  }

  get isConnected(): boolean {
    return this.#client !== undefined;
  }

  /** Makes the axis report `reading` instead of its position, such as "nan"; undefined restores the position. */
  breakSensor(axis: (typeof AXES)[number], reading: string | undefined): void {
    this.#readings[AXES.indexOf(axis)] = reading;
  }

  /** Pulls the plug of the connection. */
  disconnect(): void {
    this.#client?.destroy();
  }

  async close(): Promise<void> {
    this.disconnect();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    socket.on("error", () => {});
    if (this.#client !== undefined) {
      socket.resume().end("error another computer moves this robot\n");
      return;
    }
    this.#client = socket.setNoDelay(true);
    this.#log("connected");
    const lines = createInterface({ input: socket });
    lines.on("error", () => {});
    lines.on("line", (line) => {
      const answer = this.#answer(line.trim());
      if (this.delayMs === 0) socket.write(`${answer}\n`);
      else setTimeout(() => socket.write(`${answer}\n`), this.delayMs);
    });
    socket.on("close", () => {
      lines.close();
      this.#client = undefined;
      this.#stop();
      this.#turn("off");
      this.#log("connection lost");
    });
  }

  #answer(line: string): string {
    const [command, ...words] = line.split(" ");
    this.#heardMs = performance.now();
    const refusal = this.#execute(command!, words);
    if (refusal !== undefined) return `error ${refusal}`;
    return ["ok", ...this.positionsM.map((position, axis) => this.#readings[axis] ?? position.toFixed(5))].join(" ");
  }

  /** @returns why it refuses, if it does. */
  #execute(command: string, words: readonly string[]): string | undefined {
    if (command === "read") return undefined;
    if (command === "stop") return this.#stop();
    if (command === "on") return this.#turn("on");
    if (command === "off") {
      this.#stop();
      return this.#turn("off");
    }
    if (command !== "move") return `unknown command "${command}"`;
    if (!this.motorsOn) return "the motors are off";
    const goal = words.map(Number);
    const isReachable = REACH_M.every((reach, axis) => goal[axis]! >= 0 && goal[axis]! <= reach);
    if (goal.length !== AXES.length || !isReachable) return `out of reach: ${words.join(" ")}`;
    this.#advance();
    this.#goalM = goal;
    this.#watch();
    return undefined;
  }

  #turn(state: "on" | "off"): undefined {
    if (this.motorsOn === (state === "on")) return;
    this.motorsOn = state === "on";
    this.#log(`motors ${state}`);
  }

  #stop(): undefined {
    if (this.isMoving) this.#log("stopped");
    this.#goalM = [...this.#positionsM];
  }

  /** Moves every axis to where it is by now. */
  #advance(): void {
    const now = performance.now();
    const way = (this.#speed * (now - this.#updatedMs)) / 1000;
    this.#updatedMs = now;
    this.#positionsM = this.#positionsM.map((position, axis) => {
      const left = this.#goalM[axis]! - position;
      return Math.abs(left) <= way ? this.#goalM[axis]! : position + Math.sign(left) * way;
    });
  }

  /** Stops a robot whose computer has fallen silent. */
  #watch(): void {
    this.#watchdog ??= setInterval(() => {
      if (!this.isMoving) {
        clearInterval(this.#watchdog);
        this.#watchdog = undefined;
      } else if (performance.now() - this.#heardMs > WATCHDOG_MS) {
        this.#log("no command for half a second");
        this.#stop();
      }
    }, 20).unref();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { port: { type: "string", default: "7777" }, speed: { type: "string", default: "0.3" } },
  });
  const [port, speed] = [Number(values.port), Number(values.speed)];
  const robot = await RobotEmulator.start({ port, speed, log: (line) => console.log(line) });
  console.log(`the robot listens on 127.0.0.1:${robot.port}`);
}
