/**
 * The WebSocket lives in a thread of its own: drawing a busy page must not look like a lost connection, and a page that
 * hangs must not go on steering. While the page drives, its input is repeated from here. Should the page itself fall
 * silent, the arm is held still; should it stay silent with a hand on the robot, control is lost as with a broken line.
 */
import { INPUT_INTERVAL_MS } from "../limits.ts";
import type { DriveInput } from "../protocol.ts";
import type { FromSocket, ToSocket } from "./socket_messages.ts";

/** A page that has not said anything for so long hangs, or sleeps in the background. */
const PAGE_TIMEOUT_MS = 300;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5000;
/** A person whose page hangs for so long steers no more. */
const PAGE_LOST_MS = 1500;

let socket: WebSocket | undefined;
let retryMs = FIRST_RETRY_MS;
let hands: { input: DriveInput; sentMs: number; heardMs: number } | undefined;
let sequence = 0;

function tell(message: FromSocket, transfer: Transferable[] = []): void {
  postMessage(message, { transfer });
}

function open(address: string): void {
  socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    retryMs = FIRST_RETRY_MS;
    tell({ type: "opened" });
  };
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (typeof data === "string") tell({ type: "text", text: data });
    else tell({ type: "binary", buffer: data }, [data]);
  };
  socket.onclose = ({ reason }) => {
    hands = undefined;
    tell({ type: "closed", reason });
    setTimeout(() => open(address), retryMs);
    retryMs = Math.min(LAST_RETRY_MS, 2 * retryMs);
  };
}

function send(text: string): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(text);
}

function sendInput(): void {
  if (hands === undefined) return;
  const silentMs = performance.now() - hands.heardMs;
  const { intervening } = hands.input;
  if (intervening && silentMs > PAGE_LOST_MS) return;
  const still: DriveInput = { intervening, motion: [0, 0, 0], gripper: "stay" };
  const input = silentMs < PAGE_TIMEOUT_MS ? hands.input : still;
  send(JSON.stringify({ type: "input", sequence: sequence++, sent_ms: hands.sentMs, input }));
}

function take(input: DriveInput | null, sentMs: number): void {
  const before = hands?.input;
  hands = input === null ? undefined : { input, sentMs, heardMs: performance.now() };
  if (JSON.stringify(before) !== JSON.stringify(hands?.input)) sendInput();
}

addEventListener("message", ({ data }: MessageEvent<ToSocket>) => {
  if (data.type === "open") open(data.address);
  else if (data.type === "send") send(data.text);
  else take(data.input, data.sentMs);
});
setInterval(sendInput, INPUT_INTERVAL_MS);
