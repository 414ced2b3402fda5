/** The page's connection to the server. A worker owns the WebSocket and reconnects it. */
import { decodeFrame, type ImageFrame, type PoseFrame } from "../frames.ts";
import { PROTOCOL_VERSION } from "../limits.ts";
import { type ClientMessage, type DriveInput, type ServerMessage, ServerMessageSchema } from "../protocol.ts";
import type { FromSocket, ToSocket } from "./socket_messages.ts";

export interface ConnectionListener {
  onMessage(message: ServerMessage): void;
  onFrame(frame: PoseFrame | ImageFrame): void;
  onState(state: "open" | "closed", reason: string): void;
  /** The server has been silent for this long, milliseconds; 0 when it responds again. */
  onSilence(forMs: number): void;
}

export class Connection {
  readonly #name: () => string;
  /** This page's id on the server. */
  #client: string | undefined;
  readonly #worker = new Worker(new URL("./socket_worker.ts", import.meta.url), { type: "module" });

  /** @param name the user's name, read at every new connection. */
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
          this.#receive(ServerMessageSchema.parse(JSON.parse(data.text)), listener);
          break;
        case "binary":
          listener.onFrame(decodeFrame(data.buffer));
          break;
      }
    });
    const address = new URL("ws", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.hash = "";
    this.#post({ type: "open", address: address.href });
    addEventListener("pagehide", () => this.#sayGoodbye());
  }

  send(message: ClientMessage): void {
    this.#post({ type: "send", text: JSON.stringify(message) });
  }

  /** Emergency stop, resent until `stopIsConfirmed`. */
  stop(sequence: number): void {
    const message: ClientMessage = { type: "stop", sequence };
    this.#post({ type: "stop", text: JSON.stringify(message), name: this.#name() });
  }

  stopIsConfirmed(): void {
    this.#post({ type: "stopConfirmed" });
  }

  /** Sets the input; null while this page is not in control. Call it repeatedly: input of a silent page is released. */
  steer(input: DriveInput | null): void {
    this.#post({ type: "input", input, sentMs: performance.now() });
  }

  #receive(message: ServerMessage, listener: ConnectionListener): void {
    if (message.type === "welcome") this.#client = message.client;
    listener.onMessage(message);
  }

  /** A browser may end the worker before it can close its socket. A beacon is still sent. */
  #sayGoodbye(): void {
    if (this.#client !== undefined) {
      const address = new URL("goodbye", location.href);
      address.search = new URLSearchParams({ client: this.#client }).toString();
      navigator.sendBeacon(address);
    }
    this.#post({ type: "leave" });
  }

  #post(message: ToSocket): void {
    this.#worker.postMessage(message);
  }
}
