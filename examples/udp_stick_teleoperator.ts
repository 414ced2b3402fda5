/**
 * A custom teleoperator: any sender of UDP datagrams steers, such as a microcontroller with a joystick.
 *
 *   npx handrail record demos --task "pick up the cube" \
 *     --config examples/udp_stick.json --plugin ./examples/udp_stick_teleoperator.ts
 *
 * A datagram is JSON: `{ "motion": [x, y, z], "gripper": "close" | "stay" | "open", "label": "success" | "failure" }`,
 * with the motion as shares of a full-scale action. A person steers as long as datagrams come.
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { NO_EVENTS, registerTeleoperator, type TeleopEvents, type Teleoperator } from "handrail";
import { z } from "zod";

const ConfigSchema = z.strictObject({
  type: z.literal("udp_stick"),
  host: z.string().default("127.0.0.1").describe("Address to listen on."),
  port: z.int().min(1).max(65_535).default(5005).describe("Port to listen on."),
  timeout_ms: z.number().positive().default(200).describe("Silence after which the person counts as hands off."),
});
type Config = z.output<typeof ConfigSchema>;

const axis = z.number().min(-1).max(1);
const DatagramSchema = z.strictObject({
  motion: z.tuple([axis, axis, axis]),
  gripper: z.enum(["close", "stay", "open"]).default("stay"),
  label: z.enum(["success", "failure"]).optional(),
});
type Datagram = z.output<typeof DatagramSchema>;

const GRIPPER = { close: 0, stay: 1, open: 2 } as const;

export class UdpStick implements Teleoperator {
  readonly id = "udp_stick";
  readonly actions = this;
  readonly events = this;
  readonly #config: Config;
  #socket: Socket | undefined;
  #latest: Datagram | undefined;
  #heardMs = Number.NEGATIVE_INFINITY;
  #label: Datagram["label"];

  constructor(config: Config) {
    this.#config = config;
  }

  async connect(): Promise<void> {
    const { host, port } = this.#config;
    this.#socket = createSocket("udp4", (bytes) => this.#hear(String(bytes)));
    this.#socket.bind(port, host);
    await once(this.#socket, "listening"); // rejects where the port is taken
  }

  async disconnect(): Promise<void> {
    this.#socket?.close();
    this.#socket = undefined;
    this.#heardMs = Number.NEGATIVE_INFINITY;
  }

  /** Drops a verdict on the last episode. */
  onEpisodeStart(): void {
    this.#label = undefined;
  }

  /** Called once per control step, before the action. A press is reported once. */
  getTeleopEvents(): TeleopEvents {
    const label = this.#label;
    this.#label = undefined;
    const isIntervention = performance.now() - this.#heardMs < this.#config.timeout_ms;
    return { ...NO_EVENTS, isIntervention, success: label === "success", failure: label === "failure" };
  }

  /** Called only during an intervention; returns the newest datagram's action at once. */
  getAction(): Float32Array {
    const { motion, gripper } = this.#latest!;
    return Float32Array.of(...motion, GRIPPER[gripper]);
  }

  /** Validates datagrams, which can come from any sender, and ignores invalid ones. */
  #hear(text: string): void {
    const datagram = DatagramSchema.safeParse(parseJson(text));
    if (!datagram.success) return;
    this.#latest = datagram.data;
    this.#heardMs = performance.now();
    this.#label = datagram.data.label ?? this.#label;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

registerTeleoperator("udp_stick", {
  schema: ConfigSchema,
  create(config, { env }) {
    if (env.actionSpace.shape.join() !== "4") {
      throw new Error(
        `the UDP stick steers x, y, z and a gripper; ${env.id} takes [${env.actionSpace.shape.join(", ")}]`,
      );
    }
    return new UdpStick(config);
  },
});
