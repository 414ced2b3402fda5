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
          listener.onMessage(ServerMessageSchema.parse(JSON.parse(data.text)));
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
    // A browser in a hurry ends a closed tab without closing its socket, which looks like a broken line.
    addEventListener("pagehide", () => this.#tell({ type: "leave" }));
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

  #tell(message: ToSocket): void {
    this.#worker.postMessage(message);
  }
}
