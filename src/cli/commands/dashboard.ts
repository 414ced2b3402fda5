/** `handrail dashboard`: shows a finished run, a run in another process, or the episodes of a dataset. */
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { Command } from "commander";
import { readConfigFile } from "../../config/load.ts";
import {
  type DashboardRun,
  DatasetEpisodes,
  offlinePlanOf,
  planOf,
  RunStatus,
  startDashboard,
} from "../../dashboard/index.ts";
import { INFO_PATH } from "../../datasets/meta/paths.ts";
import { TRAIN_CONFIG_FILE } from "../../learning/checkpoints/layout.ts";
import { followRunLog, wholeLinesOf } from "../../metrics/follow_run_log.ts";
import { RunEvents } from "../../metrics/run_events.ts";
import { RUN_LOG_FILE } from "../../metrics/run_log.ts";
import { TrainRLServerPipelineConfigSchema } from "../../settings/config.ts";
import { configDefaults } from "../../settings/config_defaults.ts";
import { commandLine, pathFrom } from "../invocation.ts";
import {
  addDashboardAddress,
  type DashboardAddressOptions,
  dashboardOptionsOf,
  eventsSoFar,
} from "../options/dashboard_options.ts";
import { announceDashboard, DASHBOARD_CLOSES } from "../pages/dashboard_address.ts";
import { aborted, stopOnSignals } from "../stop_signals.ts";
import { terminal } from "../terminal/terminal.ts";

export function dashboardCommand(): Command {
  const command = new Command("dashboard")
    .description("show a finished or running run (curves, evaluations, episodes), or a dataset")
    .argument("<folder>", "the output_dir of a run, or a LeRobotDataset");
  return addDashboardAddress(command)
    .addHelpText(
      "after",
      "\nExamples:\n  handrail dashboard outputs/train/cube\n  handrail dashboard outputs/train/cube/demonstrations",
    )
    .action(review);
}

async function review(folder: string, options: DashboardAddressOptions): Promise<void> {
  const root = resolve(folder);
  const episodes = existsSync(join(root, INFO_PATH)) ? await DatasetEpisodes.open(root) : undefined;
  const log = join(root, RUN_LOG_FILE);
  const fromByte = await wholeLinesOf(log);
  const run = episodes ? datasetRun(root, episodes) : await runOf(folder);
  const { events } = run;
  const unfollow = events && followRunLog(log, { fromByte, onEvent: (event) => events.emit(event) });
  const dashboard = await startDashboard({ run, ...dashboardOptionsOf(options) });
  announceDashboard(dashboard.url);
  terminal.print("press Ctrl-C to close it");
  const { signal, release } = stopOnSignals(() => {});
  await aborted(signal);
  terminal.print(DASHBOARD_CLOSES);
  release();
  unfollow?.();
  await dashboard.close();
  await episodes?.close();
}

/** A dataset for the page: its episodes and its `meta/info.json`. */
function datasetRun(root: string, episodes: DatasetEpisodes): DashboardRun {
  const config = { ...episodes.dataset.info };
  return { name: basename(root), mode: "review", config, history: [], actions: {}, episodes };
}

/** @throws Error when the folder holds no run. */
async function runOf(path: string): Promise<DashboardRun> {
  const folder = resolve(path);
  const history = await eventsSoFar(folder, (message) => terminal.print(`warn: ${message}`));
  if (history.length === 0) throw new Error(`"${path}" holds no run log: name the output_dir of a run, or a dataset`);
  const configFile = join(folder, TRAIN_CONFIG_FILE);
  const config = existsSync(configFile) ? await readConfigFile(configFile) : {};
  const { job_name } = config;
  const name = typeof job_name === "string" ? job_name : basename(folder);
  const events = new RunEvents();
  const status = new RunStatus();
  status.follow(events, history);
  status.plan = planIn(config, status.unit === "updates");
  const policy = join(folder, "policy");
  if (existsSync(policy)) {
    const shown = pathFrom(process.cwd(), policy);
    const command = commandLine(["eval", "--policy", shown]);
    status.setOutputs({ policy: shown, next: [{ label: "Evaluate the policy", command }] });
  }
  const parts = { config, configDefaults: configDefaults(config), history, events, status, folder };
  return { name, mode: "review", actions: {}, ...parts };
}

/** The run's plan; null if this version cannot train with the config. */
function planIn(config: Readonly<Record<string, unknown>>, isOffline: boolean) {
  const parsed = TrainRLServerPipelineConfigSchema.safeParse(config);
  try {
    return parsed.success ? (isOffline ? offlinePlanOf : planOf)(parsed.data) : null;
  } catch {
    return null;
  }
}
