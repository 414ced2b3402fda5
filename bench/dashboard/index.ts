/** Costs of the dashboard: the run's speed, input latency, a tab's memory. */
import { openBrowser } from "../../test/dashboard/browser.ts";
import type { BenchOptions, Row } from "../measure.ts";
import { latencyRows } from "./input_latency.ts";
import { longRunRows } from "./long_run.ts";
import { TrainingProcess } from "./training_process.ts";
import { watchingRows } from "./watching_cost.ts";

export async function dashboardRows({ quick, only = "" }: BenchOptions): Promise<Row[]> {
  const parts: Readonly<Record<string, () => Promise<Row[]>>> = {
    watching: () => withTraining(quick ? { rounds: 1, windowS: 4 } : { rounds: 8, windowS: 15 }),
    latency: () => ofLatency(quick ? 10 : 200),
    "long run": () => ofLongRun(quick ? 2 : 12),
  };
  const rows: Row[] = [];
  for (const [name, measure] of Object.entries(parts)) if (name.includes(only)) rows.push(...(await measure()));
  return rows;
}

async function withTraining(options: { readonly rounds: number; readonly windowS: number }): Promise<Row[]> {
  const browser = await openBrowser({ drawsScenes: true });
  const training = await TrainingProcess.start();
  try {
    return await watchingRows({ training, browser, ...options });
  } finally {
    await training.stop();
    await browser.close();
  }
}

async function ofLatency(presses: number): Promise<Row[]> {
  const browser = await openBrowser({ drawsScenes: true });
  const training = await TrainingProcess.start(["--env.processor.reset.control_time_s=3600"]);
  try {
    return await latencyRows(training, browser, presses);
  } finally {
    await training.stop();
    await browser.close();
  }
}

async function ofLongRun(hours: number): Promise<Row[]> {
  const browser = await openBrowser({ drawsScenes: true });
  try {
    return await longRunRows(browser, hours);
  } finally {
    await browser.close();
  }
}
