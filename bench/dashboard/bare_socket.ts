/** A dashboard client without a browser: sends hello, then receives. */
import { once } from "node:events";
import { WebSocket } from "ws";
import { PROTOCOL_VERSION } from "../../src/dashboard/limits.ts";
import type { ClientMessage } from "../../src/dashboard/protocol.ts";

export async function openSocket(url: string): Promise<WebSocket> {
  const address = new URL("ws", url);
  address.protocol = "ws:";
  const socket = new WebSocket(address);
  await once(socket, "open");
  tell(socket, { type: "hello", protocol: PROTOCOL_VERSION, name: "bench" });
  await once(socket, "message");
  return socket;
}

export function tell(socket: WebSocket, message: ClientMessage): void {
  socket.send(JSON.stringify(message));
}
