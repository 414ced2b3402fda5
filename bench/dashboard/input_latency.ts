/**
 * Latency from a key press to the control step that acts on it. `applied` gives the input's wait in the run for its step; the
 * rest of the time from the press to its confirmation is transport: browser, thread, socket, and back.
 */
import type { Browser } from "playwright-core";
import { ServerMessageSchema } from "../../src/dashboard/protocol.ts";
import type { Row } from "../measure.ts";
import { openSocket, tell } from "./bare_socket.ts";
import type { TrainingProcess } from "./training_process.ts";

const PERIOD_MS = 100;
const TARGET = "≤ 20";

/** One change of what a person holds, milliseconds. */
interface Applied {
  readonly wayMs: number;
  readonly waitedMs: number;
}

export async function latencyRows(training: TrainingProcess, browser: Browser, presses: number): Promise<Row[]> {
  const page = await ofPage(training.url, browser, presses);
  const socket = await ofSocket(training.url, presses);
  const waits = page.map(({ waitedMs }) => ({ wayMs: waitedMs, waitedMs }));
  const way = "way there and back without the wait";
  return [
    ...rows("key press in a browser on this machine", page, { presses, target: TARGET, detail: way }),
    ...rows("bare socket", socket, { presses, target: TARGET, detail: way }),
    ...rows("wait for the next control step", waits, { presses, detail: `of ${PERIOD_MS} ms` }),
  ];
}

/** @throws Error if the driver has lost control, which happens after 160 ms without a heartbeat. */
function rows(
  name: string,
  inputs: readonly Applied[],
  { presses, detail, target }: { readonly presses: number; readonly detail: string; readonly target?: string },
): Row[] {
  if (inputs.length < 0.9 * 2 * presses) {
    throw new Error(`${name}: ${inputs.length} of ${2 * presses} changes were acted on; is this machine busy?`);
  }
  const sorted = inputs.map(({ wayMs }) => wayMs).sort((a, b) => a - b);
  return [0.5, 0.99].map((share) => ({
    name: `input, ${name}, p${100 * share}`,
    value: sorted[Math.ceil(share * sorted.length) - 1]!,
    unit: "ms",
    ...(target && { target }),
    detail: `${sorted.length} changes of what is held; ${detail}`,
  }));
}

/** Runs in the page before its own code: records key times and the socket thread's messages about inputs. */
const LISTEN = `
  globalThis.keys = [];
  globalThis.applied = [];
  for (const type of ["keydown", "keyup"])
    addEventListener(type, ({ timeStamp, code, repeat }) => { if (code === "ArrowUp" && !repeat) keys.push(timeStamp); }, true);
  const listen = Worker.prototype.addEventListener;
  Worker.prototype.addEventListener = function (type, listener, ...rest) {
    const heard = (event) => {
      if (event.data.type === "text" && event.data.text.startsWith('{"type":"applied"'))
        applied.push({ ...JSON.parse(event.data.text), heard_ms: performance.now() });
      listener(event);
    };
    return listen.call(this, type, type === "message" ? heard : listener, ...rest);
  };
`;

interface PageReport {
  /** `event.timeStamp` of every key that went down or up. */
  readonly keys: readonly number[];
  readonly applied: readonly { readonly sent_ms: number; readonly waited_ms: number; readonly heard_ms: number }[];
}

async function ofPage(url: string, browser: Browser, presses: number): Promise<Applied[]> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.addInitScript(LISTEN);
  await page.goto(url);
  await page.getByRole("button", { name: "Take control", exact: true }).click();
  await page.getByText("You are in control.").waitFor();
  for (let press = 0; press < presses; press++) {
    await page.keyboard.down("ArrowUp");
    await milliseconds(PERIOD_MS + phaseMs(2 * press));
    await page.keyboard.up("ArrowUp");
    await milliseconds(PERIOD_MS + phaseMs(2 * press + 1));
  }
  await milliseconds(1000 + PERIOD_MS); // after so long without input, the policy acts again
  const { keys, applied } = await page.evaluate<PageReport>("({ keys, applied })");
  await page.close();
  return applied.flatMap(({ sent_ms, waited_ms, heard_ms }) => {
    const pressed = keys.findLast((timeMs) => timeMs <= sent_ms);
    return pressed === undefined ? [] : [{ wayMs: heard_ms - pressed - waited_ms, waitedMs: waited_ms }];
  });
}

async function ofSocket(url: string, presses: number): Promise<Applied[]> {
  const socket = await openSocket(url);
  const applied: Applied[] = [];
  socket.on("message", (data: Buffer, isBinary) => {
    const heardMs = performance.now();
    const message = isBinary ? undefined : ServerMessageSchema.parse(JSON.parse(String(data)));
    if (message?.type !== "applied") return;
    applied.push({ wayMs: heardMs - message.sent_ms - message.waited_ms, waitedMs: message.waited_ms });
  });
  tell(socket, { type: "take_control" });
  let isDown = false;
  let sequence = 0;
  let changedMs = performance.now();
  const send = () => {
    const motion: [number, number, number] = [isDown ? 1 : 0, 0, 0];
    const input = { intervening: isDown, motion, gripper: "stay" as const };
    tell(socket, { type: "input", sequence: sequence++, sent_ms: changedMs, input });
  };
  const beat = setInterval(send, 40);
  for (let change = 0; change < 2 * presses; change++) {
    isDown = change % 2 === 0;
    changedMs = performance.now();
    send();
    await milliseconds(PERIOD_MS + phaseMs(change));
  }
  clearInterval(beat);
  tell(socket, { type: "release_control" });
  await milliseconds(3 * PERIOD_MS);
  socket.close();
  return applied;
}

/** Spreads the presses evenly over the control period (golden ratio). */
function phaseMs(change: number): number {
  return PERIOD_MS * ((change * 0.618034) % 1);
}

async function milliseconds(count: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, count));
}
