/** The WebSocket to the run, which is opened again when it breaks. */
import { decodeFrame, type ImageFrame, type PoseFrame } from "../frames.ts";
import { type ClientMessage, PROTOCOL_VERSION, type ServerMessage, ServerMessageSchema } from "../protocol.ts";

export interface ConnectionListener {
  onMessage(message: ServerMessage): void;
  onFrame(frame: PoseFrame | ImageFrame): void;
  onState(state: "open" | "closed", reason: string): void;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5000;

export class Connection {
  readonly #listener: ConnectionListener;
  readonly #name: string;
  #socket: WebSocket | undefined;
  #retryMs = FIRST_RETRY_MS;

  constructor(name: string, listener: ConnectionListener) {
    this.#name = name;
    this.#listener = listener;
    this.#open();
  }

  send(message: ClientMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #open(): void {
    const address = new URL("ws", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      this.#retryMs = FIRST_RETRY_MS;
      this.send({ type: "hello", protocol: PROTOCOL_VERSION, name: this.#name });
      this.#listener.onState("open", "");
    });
    socket.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => this.#receive(data));
    socket.addEventListener("close", ({ reason }) => {
      this.#listener.onState("closed", reason);
      setTimeout(() => this.#open(), this.#retryMs);
      this.#retryMs = Math.min(LAST_RETRY_MS, 2 * this.#retryMs);
    });
  }

  #receive(data: string | ArrayBuffer): void {
    if (typeof data !== "string") this.#listener.onFrame(decodeFrame(data));
    else this.#listener.onMessage(ServerMessageSchema.parse(JSON.parse(data)));
  }
}
