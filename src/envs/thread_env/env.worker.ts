/** A worker thread that owns one environment and answers requests about it. */
import { parentPort, type TransferListItem, workerData } from "node:worker_threads";
import { importModule } from "../../utils/import_module.ts";
import { answerRequests } from "../../utils/threads/request_thread.ts";
import type { Env } from "../env.ts";
import { makeEnv } from "../make_env.ts";
import type { EnvReplies, EnvRequest, EnvWorkerData } from "./messages.ts";

const { id, options, plugins } = workerData as EnvWorkerData;
if (parentPort === null) throw new Error("env.worker runs in a worker thread only; use ThreadEnv");

let env: Promise<Env> | undefined;
answerRequests(parentPort, answer, transferablesOf);

async function answer(request: EnvRequest): Promise<EnvReplies[keyof EnvReplies]> {
  env ??= start();
  const owned = await env;
  switch (request.type) {
    case "start": {
      const { observationSpace, actionSpace, controlFrequencyHz } = owned;
      return { id: owned.id, observationSpace, actionSpace, ...(controlFrequencyHz && { controlFrequencyHz }) };
    }
    case "reset":
      return owned.reset(request.options);
    case "step":
      return owned.step(request.action);
    case "close":
      await owned.close();
      return undefined;
  }
}

async function start(): Promise<Env> {
  for (const plugin of plugins) await importModule(plugin);
  return makeEnv(id, options);
}

/** Observations belong to their receiver, so their memory can move instead of being copied. */
function transferablesOf(value: EnvReplies[keyof EnvReplies]): TransferListItem[] {
  if (value === undefined || !("observation" in value)) return [];
  return Object.values(value.observation).map((array) => array.buffer as ArrayBuffer);
}
