/**
 * ONNX Runtime's native library reports to its vendor: it keeps a device id in the user's cache folder and sends events over
 * the network. Handrail sends nothing, so the library is loaded only after its telemetry switch is set.
 */
import { Session } from "node:inspector";
import { isMainThread } from "node:worker_threads";

/** `1` disables the telemetry. The library reads it with `getenv`, once per process, when the first session is created. */
export const TELEMETRY_SWITCH = "ORT_DISABLE_TELEMETRY";

const SET = `process.env.${TELEMETRY_SWITCH} ||= "1"`;
const MAIN_THREAD_TIMEOUT_MS = 5_000;

/**
 * Disables the telemetry in this process, from any thread; the user's setting is kept. Worker threads see a copy of the
 * environment, and only the main thread's changes reach `getenv`: so they ask the main thread.
 *
 * @throws Error if the main thread does not answer and the environment does not disable the telemetry either.
 */
export async function turnOffTelemetry(): Promise<void> {
  if (isMainThread) {
    process.env[TELEMETRY_SWITCH] ||= "1";
    return;
  }
  try {
    await evaluateOnMainThread(SET);
  } catch (cause) {
    if (process.env[TELEMETRY_SWITCH]) return; // most likely a copy of the main thread's
    const advice = `Set ${TELEMETRY_SWITCH}=1 before starting the process, or do not block its main thread`;
    throw new Error(`cannot turn off ONNX Runtime's telemetry from this worker thread. ${advice}`, { cause });
  }
}

function evaluateOnMainThread(expression: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const session = new Session();
    session.connectToMainThread();
    const end = (error: Error | null) => {
      clearTimeout(timer);
      session.disconnect();
      if (error) reject(error);
      else resolve();
    };
    // Also keeps this thread alive: a session alone does not.
    const timer = setTimeout(() => end(new Error("the main thread is blocked")), MAIN_THREAD_TIMEOUT_MS);
    session.post("Runtime.evaluate", { expression }, end);
  });
}
