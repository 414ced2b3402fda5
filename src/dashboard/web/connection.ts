/** The page's line to the run. The WebSocket itself, and opening it again when it breaks, is its worker's business. */
import { decodeFrame, type ImageFrame, type PoseFrame } from "../frames.ts";
import { PROTOCOL_VERSION } from "../limits.ts";
import { type ClientMessage, type DriveInput, type ServerMessage, ServerMessageSchema } from "../protocol.ts";
import type { FromSocket, ToSocket } from "./socket_messages.ts";

export interface ConnectionListener {
  onMessage(message: ServerMessage): void;
  onFrame(frame: PoseFrame | ImageFrame): void;
  onState(state: "open" | "closed", reason: string): void;
  /** Nothing was heard for so long; 0 as soon as something is. */
  onSilence(forMs: number): void;
}

export class Connection {
  readonly #name: () => string;
  /** This page, as the run's computer names it. */
  #client: string | undefined;
  readonly #worker = new Worker(new URL("./socket_thread.ts", import.meta.url), { type: "module" });

  /** @param name of the person, asked at every new connection. */
  constructor(name: () => string, listener: ConnectionListener) {
    this.#name = name;
    this.#worker.addEventListener("message", ({ data }: MessageEvent<FromSocket>) => {
      switch (data.type) {
        case "opened":
          this.send({ type: "hello", protocol: PROTOCOL_VERSION, name: name() });
          listener.onState("open", "");
          break;
        case "closed":
          listener.onState("closed", data.reason);
          break;
        case "silent":
          listener.onSilence(data.forMs);
          break;
        case "text":
          this.#hear(ServerMessageSchema.parse(JSON.parse(data.text)), listener);
          break;
        case "binary":
          listener.onFrame(decodeFrame(data.buffer));
          break;
      }
    });
    const address = new URL("ws", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.hash = "";
    this.#tell({ type: "open", address: address.href });
    addEventListener("pagehide", () => this.#sayGoodbye());
  }

  send(message: ClientMessage): void {
    this.#tell({ type: "send", text: JSON.stringify(message) });
  }

  /** The emergency stop: delivered as soon as there is a way to, until `stopIsConfirmed`. */
  stop(sequence: number): void {
    const message: ClientMessage = { type: "stop", sequence };
    this.#tell({ type: "stop", text: JSON.stringify(message), name: this.#name() });
  }

  stopIsConfirmed(): void {
    this.#tell({ type: "stopConfirmed" });
  }

  /** What the hands do; null while this page does not drive. To be repeated: a page that falls silent lets go. */
  steer(input: DriveInput | null): void {
    this.#tell({ type: "hands", input, sentMs: performance.now() });
  }

  #hear(message: ServerMessage, listener: ConnectionListener): void {
    if (message.type === "welcome") this.#client = message.client;
    listener.onMessage(message);
  }

  /** A browser in a hurry ends the worker, and breaks its socket, before the worker can close it. A beacon outlives both. */
  #sayGoodbye(): void {
    if (this.#client !== undefined) {
      const address = new URL("goodbye", location.href);
      address.search = new URLSearchParams({ client: this.#client }).toString();
      navigator.sendBeacon(address);
    }
    this.#tell({ type: "leave" });
  }

  #tell(message: ToSocket): void {
    this.#worker.postMessage(message);
  }
}
