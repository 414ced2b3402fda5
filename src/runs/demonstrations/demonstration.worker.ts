/** A worker thread with an environment and a program that steers it; it plays whole episodes. */
import { parentPort, type TransferListItem, workerData } from "node:worker_threads";
import { loadPlugins } from "../../algorithms/plugins.ts";
import type { StepOfTransition } from "../../datasets/writing/write_transitions.ts";
import { processSimulation } from "../../envs/gym_manipulator/pipelines.ts";
import { makeSimulation } from "../../envs/make_env.ts";
import { closeProcessedEnv } from "../../envs/processed_env.ts";
import { DemonstrationEpisodes } from "../../rollout/recording/demonstration_episodes.ts";
import { makeTeleoperator } from "../../teleoperators/registry.ts";
import { answerRequests } from "../../utils/threads/request_thread.ts";
import { transferables } from "../../utils/threads/transferables.ts";
import { type ConfiguredEnv, makeProcessedEnv } from "../make_processed_env.ts";
import { demonstratorPlace } from "../make_teleoperator.ts";
import type {
  DemonstratedEpisode,
  DemonstrationPlace,
  DemonstrationReplies,
  DemonstrationRequest,
  DemonstrationWorkerData,
} from "./messages.ts";

/** The environment and its program. */
interface Demonstrator {
  play(seed: number): Promise<DemonstratedEpisode>;
  close(): Promise<void>;
}

const data = workerData as DemonstrationWorkerData;
if (parentPort === null) throw new Error("demonstration.worker runs in a worker thread only; use DemonstrationThread");

const flag = new Int32Array(data.stop);
let demonstrator: Promise<Demonstrator> | undefined;
answerRequests(parentPort, answer, arraysOf);

async function answer(request: DemonstrationRequest): Promise<DemonstrationReplies[keyof DemonstrationReplies]> {
  if (request.type === "play") {
    demonstrator ??= open();
    return await (await demonstrator).play(request.seed);
  }
  const opened = await demonstrator?.catch(() => undefined);
  await opened?.close();
  return undefined;
}

async function open(): Promise<Demonstrator> {
  await loadPlugins(data.plugins);
  const processedEnv = await makeEnvironment(data.place);
  try {
    return await demonstrateIn(processedEnv);
  } catch (error) {
    await closeProcessedEnv(processedEnv);
    throw error;
  }
}

async function makeEnvironment(place: DemonstrationPlace): Promise<ConfiguredEnv> {
  if ("config" in place) return await makeProcessedEnv(place.config);
  return processSimulation(await makeSimulation(place.id, place.options));
}

async function demonstrateIn(processedEnv: ConfiguredEnv): Promise<Demonstrator> {
  const { teleoperator: config, seed, action } = data;
  const { env } = processedEnv;
  const teleoperator = await makeTeleoperator({ ...config }, demonstratorPlace(processedEnv, seed));
  const stop = new AbortController();
  let steps: StepOfTransition[] = [];
  const episodes = new DemonstrationEpisodes(
    { processedEnv, teleoperators: [teleoperator], signal: stop.signal, ...(action && { action }) },
    (step) => {
      steps.push(copyOf(step));
      // The thread reads no messages during an episode.
      if (Atomics.load(flag, 0) !== 0) stop.abort();
    },
  );
  await episodes.connect();
  return {
    async play(seed) {
      steps = [];
      const { fault, ...end } = await episodes.play(seed);
      return { ...end, steps, ...(fault && { fault: { env: env.id, faults: fault.faults } }) };
    },
    async close() {
      await episodes.disconnect();
      await closeProcessedEnv(processedEnv);
    },
  };
}

/** The environment may reuse its arrays. */
function copyOf({ observation, action, reward, terminated, truncated, complementaryInfo }: StepOfTransition) {
  const arrays = Object.entries(observation).map(([key, array]) => [key, array.slice()] as const);
  return {
    observation: Object.fromEntries(arrays),
    action: action.slice(),
    reward,
    terminated,
    truncated,
    ...(complementaryInfo && { complementaryInfo }),
  };
}

function arraysOf(episode: DemonstratedEpisode | undefined): TransferListItem[] {
  return transferables((episode?.steps ?? []).flatMap(({ observation }) => Object.values(observation)));
}
