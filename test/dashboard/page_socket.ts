/** A page without a browser: a WebSocket client that records the messages it receives. */
import { once } from "node:events";
import { type ClientOptions, WebSocket } from "ws";
import { PROTOCOL_VERSION } from "../../src/dashboard/limits.ts";
import { type ClientMessage, type ServerMessage, ServerMessageSchema } from "../../src/dashboard/protocol.ts";
import { PATIENCE_S } from "../until.ts";

export class PageSocket {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[] = [];
  readonly frames: ArrayBuffer[] = [];
  #beating: NodeJS.Timeout | undefined;
  #sequence = 0;

  constructor(port: number, options: ClientOptions = {}, query = "") {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/ws${query}`, options);
    this.socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) this.frames.push(new Uint8Array(data).buffer);
      else this.messages.push(ServerMessageSchema.parse(JSON.parse(String(data))));
    });
  }

  /** Opens a page and says hello. */
  static async open(port: number, name = "Ada", options: ClientOptions = {}): Promise<PageSocket> {
    const page = new PageSocket(port, options);
    await once(page.socket, "open");
    page.send({ type: "hello", protocol: PROTOCOL_VERSION, name });
    await page.next("welcome");
    return page;
  }

  send(message: ClientMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  input(motion: [number, number, number], intervening = motion.some((share) => share !== 0)): void {
    const input = { intervening, motion, gripper: "stay" as const };
    this.send({ type: "input", sequence: ++this.#sequence, sent_ms: performance.now(), input });
  }

  /** Takes control and repeats this input. */
  async drive(motion: [number, number, number] = [0, 0, 0]): Promise<void> {
    this.send({ type: "take_control" });
    await this.until("control", ({ control }) => control.holder !== null);
    this.#beating = setInterval(() => this.input(motion), 30);
  }

  fallSilent(): void {
    clearInterval(this.#beating);
  }

  /** Ends the connection without a close frame, like a crash. */
  vanish(): void {
    this.fallSilent();
    this.socket.terminate();
  }

  async close(): Promise<void> {
    this.fallSilent();
    if (this.socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.socket, "close");
    this.socket.close();
    await closed;
  }

  async next<Type extends ServerMessage["type"]>(type: Type): Promise<Extract<ServerMessage, { type: Type }>> {
    return this.until(type, () => true);
  }

  /** The first matching message, earlier ones included. @throws Error after `PATIENCE_S`. */
  async until<Type extends ServerMessage["type"]>(
    type: Type,
    matches: (message: Extract<ServerMessage, { type: Type }>) => boolean,
  ): Promise<Extract<ServerMessage, { type: Type }>> {
    const deadline = performance.now() + 1000 * PATIENCE_S;
    while (performance.now() < deadline) {
      for (const message of this.messages) {
        if (message.type !== type) continue;
        const candidate = message as Extract<ServerMessage, { type: Type }>;
        if (matches(candidate)) return candidate;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error(
      `no such "${type}" within ${PATIENCE_S} s; received ${[...new Set(this.messages.map((message) => message.type))].join(", ")}`,
    );
  }
}
