/** The worker thread that owns buffers, networks and checkpoints, and trains. */
import { parentPort, workerData } from "node:worker_threads";
import { loadPlugins } from "../../algorithms/plugins.ts";
import { TrainingCore } from "./training_core.ts";
import { TrainingLoop } from "./training_loop.ts";
import type {
  TrainingReport,
  TrainingRequest,
  TrainingThreadData,
  TrainingThreadMessage,
  TrainingThreadRequest,
} from "./training_messages.ts";

if (parentPort === null) throw new Error("training.worker runs in a worker thread only; use Learner");
const port = parentPort;
const { plugins, config, folder, offline, evaluateEvery } = workerData as TrainingThreadData;

const loop = open();
loop.catch(() => {}); // the reply to the first request reports it
port.on("message", (request: TrainingThreadRequest) => void (request.type === "close" ? close() : reply(request)));

async function open(): Promise<TrainingLoop> {
  await loadPlugins(plugins);
  const warn = (message: string) => report({ type: "notice", level: "warn", message });
  const inform = (message: string) => report({ type: "notice", level: "info", message });
  const core = await TrainingCore.open({ config, folder, offline, warn, inform, onEngine: inform });
  // While the buffers fill.
  void core.prepare();
  const opened = new TrainingLoop(core, report, evaluateEvery);
  // Errors are left unhandled: they end the thread and reach its owner.
  void opened.run();
  return opened;
}

async function reply(request: TrainingRequest): Promise<void> {
  try {
    const value = await (await loop).ask(request);
    port.postMessage({ type: "reply", ok: true, value } satisfies TrainingThreadMessage);
  } catch (error) {
    port.postMessage({ type: "reply", ok: false, error: error as Error } satisfies TrainingThreadMessage);
  }
}

/** With nothing left to do, the thread ends. */
async function close(): Promise<void> {
  port.close();
  await (await loop).close();
}

function report(message: TrainingReport): void {
  port.postMessage(message, message.type === "weights" ? [message.safetensors.buffer] : []);
}
