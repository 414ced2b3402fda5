/**
 * Worker that owns the WebSocket: rendering must not delay it, and a page that hangs must not keep steering. While the page
 * is in control, its input is repeated from here. If the page falls silent, the arm is held still; if it stays silent while
 * steering, the input stops and control is lost.
 *
 * While the server's heartbeat is missing, only the emergency stop is sent: input given without seeing the robot must not
 * reach it seconds later.
 */
import { HEARTBEAT_INTERVAL_MS, HEARTBEAT_TIMEOUT_MS, INPUT_INTERVAL_MS } from "../limits.ts";
import type { DriveInput } from "../protocol.ts";
import { closeReasonText, Reconnection } from "./model/reconnection.ts";
import { StopSender } from "./model/stop_sender.ts";
import type { FromSocket, ToSocket } from "./socket_messages.ts";

/** After this silence the page hangs or is suspended in the background. */
const PAGE_TIMEOUT_MS = 300;
/** After this silence the page stops steering. */
const PAGE_LOST_MS = 1500;
/** A connection that is silent for this long is closed: a vanished peer is not reported by the network. */
const GIVE_UP_MS = 10_000;
/** Close code for that, which does not release control (RFC 6455, §7.4.2 leaves 4000 and up to applications). */
const GIVEN_UP = 4000;
const POST_TIMEOUT_MS = 2000;

let socket: WebSocket | undefined;
let openedMs: number | undefined;
let pageAddress = "";
let stopName = "";
const reconnection = new Reconnection();
let current: { input: DriveInput; sentMs: number; heardMs: number } | undefined;
let sequence = 0;
let heardMs = 0;
let checkedMs = performance.now();
let isSilent = false;

function notifyPage(message: FromSocket, transfer: Transferable[] = []): void {
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
    stopSender.opened();
    notifyPage({ type: "opened" });
  };
  opening.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (socket !== opening) return;
    onHeard();
    if (typeof data === "string") notifyPage({ type: "text", text: data });
    else notifyPage({ type: "binary", buffer: data }, [data]);
  };
  opening.onclose = ({ code, reason }) => {
    if (socket === opening) reopen(address, code, reason);
  };
}

function reopen(address: string, code: number, reason: string): void {
  const stoodMs = openedMs === undefined ? 0 : performance.now() - openedMs;
  openedMs = undefined;
  socket = undefined;
  current = undefined;
  onHeard();
  notifyPage({ type: "closed", reason: closeReasonText(code, reason) });
  setTimeout(() => open(address), reconnection.closed(code, stoodMs));
}

function onHeard(): void {
  heardMs = performance.now();
  if (isSilent) notifyPage({ type: "silent", forMs: 0 });
  isSilent = false;
}

function checkSilence(): void {
  const nowMs = performance.now();
  // Do not count time in which this thread did not run.
  heardMs += Math.max(0, nowMs - checkedMs - 2 * HEARTBEAT_INTERVAL_MS);
  checkedMs = nowMs;
  const forMs = nowMs - heardMs;
  if (socket === undefined || forMs <= HEARTBEAT_TIMEOUT_MS) return;
  isSilent = true;
  notifyPage({ type: "silent", forMs });
  if (forMs <= GIVE_UP_MS) return;
  const { url } = socket;
  // Queued messages, such as a stop, are still sent if the connection recovers.
  socket.close(GIVEN_UP);
  reopen(url, GIVEN_UP, "no response from the robot's computer");
}

function send(text: string): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(text);
}

/** HTTP stops the robot even if the page was evicted or its socket does not respond. */
const stopSender = new StopSender({
  send,
  post: async () => {
    const address = new URL("stop", pageAddress);
    address.protocol = address.protocol === "wss:" ? "https:" : "http:";
    address.search = new URLSearchParams({ name: stopName }).toString();
    return (await fetch(address, { method: "POST", signal: AbortSignal.timeout(POST_TIMEOUT_MS) })).ok;
  },
  onPosted: (text) => {
    const { sequence } = JSON.parse(text) as { readonly sequence: number };
    notifyPage({ type: "text", text: JSON.stringify({ type: "stop_confirmed", sequence }) });
  },
});

function sendInput(): void {
  if (current === undefined || isSilent) return;
  const silentMs = performance.now() - current.heardMs;
  const { intervening } = current.input;
  if (intervening && silentMs > PAGE_LOST_MS) return;
  const still: DriveInput = { intervening, motion: [0, 0, 0], gripper: "stay" };
  const input = silentMs < PAGE_TIMEOUT_MS ? current.input : still;
  send(JSON.stringify({ type: "input", sequence: sequence++, sent_ms: current.sentMs, input }));
}

function setInput(input: DriveInput | null, sentMs: number): void {
  const before = current?.input;
  current = input === null ? undefined : { input, sentMs, heardMs: performance.now() };
  if (JSON.stringify(before) !== JSON.stringify(current?.input)) sendInput();
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
      stopSender.stop(data.text);
      break;
    case "stopConfirmed":
      stopSender.confirmed();
      break;
    case "leave":
      // A page restored from the browser's cache opens a new one.
      socket?.close();
      break;
    case "input":
      setInput(data.input, data.sentMs);
      break;
  }
});
setInterval(sendInput, INPUT_INTERVAL_MS);
setInterval(checkSilence, HEARTBEAT_INTERVAL_MS);
