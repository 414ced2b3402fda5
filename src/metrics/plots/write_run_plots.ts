/** Plots a run folder's log into its `plots` folder. */
import { basename, join, resolve } from "node:path";
import { makeFolder } from "../../utils/files/make_folder.ts";
import { writeFileAtomic } from "../../utils/files/write_file_atomic.ts";
import { requirePackage } from "../../utils/require_package.ts";
import { DamagedLines, readRunLog } from "../read_run_log.ts";
import { RunHistory } from "../run_history.ts";
import { RUN_LOG_FILE } from "../run_log.ts";
import { type RunPlotsOptions, runPlots } from "./run_plots.ts";

export interface WriteRunPlotsOptions extends RunPlotsOptions {
  /** Also PNG, at twice the size; needs the optional package `sharp`. */
  readonly png?: boolean;
  /** Called with damaged lines of the log, which are left out. */
  readonly warn?: (message: string) => void;
}

/**
 * Reads `<folder>/run.jsonl` and writes `<folder>/plots/*.svg`. Also works during the run.
 *
 * @returns paths of the written files.
 * @throws Error if the log is missing or has nothing to draw yet.
 */
export async function writeRunPlots(folder: string, options: WriteRunPlotsOptions = {}): Promise<string[]> {
  const { png = false, warn, ...plotOptions } = options;
  const log = join(folder, RUN_LOG_FILE);
  const plots = runPlots(await readRunHistory(folder, warn), { runName: basename(resolve(folder)), ...plotOptions });
  if (plots.size === 0) throw new Error(`${log} has no finished episode and no report of the training to draw yet`);
  const target = join(folder, "plots");
  await makeFolder(target);
  const written: string[] = [];
  const write = async (name: string, content: string | Uint8Array) => {
    const path = join(target, name);
    await writeFileAtomic(path, content);
    written.push(path);
  };
  for (const [name, svg] of plots) {
    await write(`${name}.svg`, svg);
    if (png) await write(`${name}.png`, await renderPng(svg));
  }
  return written;
}

/**
 * Reads the log of a run folder.
 *
 * @param warn Called with damaged lines, which are left out.
 * @throws Error if the log is missing or unreadable.
 */
export async function readRunHistory(folder: string, warn: (message: string) => void = () => {}): Promise<RunHistory> {
  const log = join(folder, RUN_LOG_FILE);
  const history = new RunHistory();
  const damaged = new DamagedLines(log);
  try {
    for await (const event of readRunLog(log, damaged.add)) history.add(event);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error(`the run log ${log} does not exist: give the run's output_dir`, { cause: error });
  }
  if (damaged.message !== undefined) warn(damaged.message);
  return history;
}

/** The density at which sharp draws one pixel per pixel of the picture. */
const NOMINAL_DPI = 72;

async function renderPng(svg: string): Promise<Uint8Array> {
  const { default: sharp } = await requirePackage<typeof import("sharp")>("sharp", "Writing plots as PNG");
  return sharp(Buffer.from(svg), { density: 2 * NOMINAL_DPI })
    .png()
    .toBuffer();
}
