/**
 * The WebSocket lives in a thread of its own: drawing a busy page must not look like a lost connection, and a page that
 * hangs must not go on steering. While the page drives, its input is repeated from here. Should the page itself fall
 * silent, the arm is held still; should it stay silent with a hand on the robot, control is lost as with a broken line.
 *
 * The server gives a sign of life all the time. While it is missed nothing is sent but the emergency stop: what a person
 * does without seeing the robot must not reach it seconds later.
 */
import { HEARTBEAT_INTERVAL_MS, HEARTBEAT_TIMEOUT_MS, INPUT_INTERVAL_MS } from "../limits.ts";
import type { DriveInput } from "../protocol.ts";
import { closedBecause, Reconnection } from "./model/reconnection.ts";
import { StopCourier } from "./model/stop_courier.ts";
import type { FromSocket, ToSocket } from "./socket_messages.ts";

/** A page that has not said anything for so long hangs, or sleeps in the background. */
const PAGE_TIMEOUT_MS = 300;
/** A person whose page hangs for so long steers no more. */
const PAGE_LOST_MS = 1500;
/** A line that was silent for so long is given up: nobody tells when the other end has vanished. */
const GIVE_UP_MS = 10_000;
/** Closed by this page, but not to hand the run back (RFC 6455, §7.4.2 leaves 4000 and up to applications). */
const GIVEN_UP = 4000;
const POST_TIMEOUT_MS = 2000;

let socket: WebSocket | undefined;
let openedMs: number | undefined;
let pageAddress = "";
let stopName = "";
const reconnection = new Reconnection();
let hands: { input: DriveInput; sentMs: number; heardMs: number } | undefined;
let sequence = 0;
let heardMs = 0;
let checkedMs = performance.now();
let isSilent = false;

function tell(message: FromSocket, transfer: Transferable[] = []): void {
  postMessage(message, { transfer });
}

function open(address: string): void {
  const opening = new WebSocket(address);
  socket = opening;
  opening.binaryType = "arraybuffer";
  heardMs = performance.now();
  opening.onopen = () => {
    if (socket !== opening) return;
    openedMs = performance.now();
    courier.opened();
    tell({ type: "opened" });
  };
  opening.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (socket !== opening) return;
    hear();
    if (typeof data === "string") tell({ type: "text", text: data });
    else tell({ type: "binary", buffer: data }, [data]);
  };
  opening.onclose = ({ code, reason }) => {
    if (socket === opening) reopen(address, code, reason);
  };
}

function reopen(address: string, code: number, reason: string): void {
  const stoodMs = openedMs === undefined ? 0 : performance.now() - openedMs;
  openedMs = undefined;
  socket = undefined;
  hands = undefined;
  hear();
  tell({ type: "closed", reason: closedBecause(code, reason) });
  setTimeout(() => open(address), reconnection.closed(code, stoodMs));
}

function hear(): void {
  heardMs = performance.now();
  if (isSilent) tell({ type: "silent", forMs: 0 });
  isSilent = false;
}

function listen(): void {
  const nowMs = performance.now();
  // While this thread itself got no time it could not hear anything.
  heardMs += Math.max(0, nowMs - checkedMs - 2 * HEARTBEAT_INTERVAL_MS);
  checkedMs = nowMs;
  const forMs = nowMs - heardMs;
  if (socket === undefined || forMs <= HEARTBEAT_TIMEOUT_MS) return;
  isSilent = true;
  tell({ type: "silent", forMs });
  if (forMs <= GIVE_UP_MS) return;
  const { url } = socket;
  // What waits in it, a stop above all, is still sent where the line turns out to stand.
  socket.close(GIVEN_UP);
  reopen(url, GIVEN_UP, "the robot's computer does not answer");
}

function send(text: string): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(text);
}

/** A page without a place among the sockets, or with one that answers nothing, can stop the robot all the same. */
const courier = new StopCourier({
  send,
  post: async () => {
    const address = new URL("stop", pageAddress);
    address.protocol = address.protocol === "wss:" ? "https:" : "http:";
    address.search = new URLSearchParams({ name: stopName }).toString();
    return (await fetch(address, { method: "POST", signal: AbortSignal.timeout(POST_TIMEOUT_MS) })).ok;
  },
  onPosted: (text) => {
    const { sequence } = JSON.parse(text) as { readonly sequence: number };
    tell({ type: "text", text: JSON.stringify({ type: "stop_confirmed", sequence }) });
  },
});

function sendInput(): void {
  if (hands === undefined || isSilent) return;
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
  switch (data.type) {
    case "open":
      pageAddress = data.address;
      open(data.address);
      break;
    case "send":
      if (!isSilent) send(data.text);
      break;
    case "stop":
      stopName = data.name;
      courier.stop(data.text);
      break;
    case "stopConfirmed":
      courier.confirmed();
      break;
    case "leave":
      // A page that comes back from the browser's cache has a new one.
      socket?.close();
      break;
    case "hands":
      take(data.input, data.sentMs);
      break;
  }
});
setInterval(sendInput, INPUT_INTERVAL_MS);
setInterval(listen, HEARTBEAT_INTERVAL_MS);
