/** `handrail dashboard`: looks back at a run that is over. */
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { Command } from "commander";
import { type DashboardRun, startDashboard } from "../../dashboard/index.ts";
import {
  addDashboardAddress,
  type DashboardAddressOptions,
  dashboardOptionsOf,
  eventsSoFar,
} from "../dashboard_options.ts";
import { stopOnSignals } from "../stop_signals.ts";

export function dashboardCommand(): Command {
  const command = new Command("dashboard")
    .description("look back at a run: curves, evaluations, recorded episodes")
    .argument("<run folder>", "the output_dir of a run");
  return addDashboardAddress(command)
    .addHelpText("after", "\nExamples:\n  handrail dashboard outputs/train/cube")
    .action(review);
}

async function review(folder: string, options: DashboardAddressOptions): Promise<void> {
  const run = await finishedRun(folder);
  const dashboard = await startDashboard({ run, ...dashboardOptionsOf(options) });
  console.log(`dashboard on ${dashboard.url}; Ctrl-C ends it`);
  const { signal, release } = stopOnSignals(() => {});
  await new Promise<void>((done) => signal.addEventListener("abort", () => done(), { once: true }));
  release();
  await dashboard.close();
}

/** @throws Error when the folder holds no run. */
async function finishedRun(path: string): Promise<DashboardRun> {
  const folder = resolve(path);
  const history = await eventsSoFar(folder);
  if (history.length === 0) throw new Error(`"${path}" holds no run log: name the output_dir of a run`);
  const text = await readFile(join(folder, "train_config.json"), "utf8").catch(() => "{}");
  const config = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const { job_name } = config;
  const name = typeof job_name === "string" ? job_name : basename(folder);
  return { name, mode: "review", config, history, actions: {}, folder };
}
