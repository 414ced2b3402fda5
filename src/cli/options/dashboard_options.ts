/** Options of commands that open the dashboard, and the events of a run's past that it shows. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import type { DashboardOptions } from "../../dashboard/index.ts";
import { DamagedLines, readRunLog } from "../../metrics/read_run_log.ts";
import type { RunEvent } from "../../metrics/run_event.ts";
import { RUN_LOG_FILE } from "../../metrics/run_log.ts";
import { port, positiveInteger } from "./arguments.ts";

export interface DashboardAddressOptions {
  readonly "dashboard.host"?: string;
  readonly "dashboard.port"?: number;
  readonly "dashboard.token"?: string;
  readonly "dashboard.inputTimeout"?: number;
}

/** Options of commands that open a dashboard by default. */
export interface DashboardCommandOptions extends DashboardAddressOptions {
  /** False with `--no-dashboard`. */
  readonly dashboard: boolean;
}

export function addDashboardOptions(command: Command): Command {
  return addDashboardAddress(command.option("--no-dashboard", "open no dashboard"));
}

export function addDashboardAddress(command: Command): Command {
  return command
    .option("--dashboard.host <address>", "address of the dashboard (default: 127.0.0.1); others need a token")
    .option("--dashboard.port <port>", "0 chooses a free one (default: 8765, or a free one if that is taken)", port)
    .option("--dashboard.token <token>", "required of every page (default: generated if needed)", token)
    .option(
      "--dashboard.input-timeout <ms>",
      "silence after which a page loses control; increase it for a slow link",
      positiveInteger,
    );
}

export function dashboardOptionsOf(options: DashboardAddressOptions): Partial<DashboardOptions> {
  const { "dashboard.host": host, "dashboard.port": chosenPort, "dashboard.token": token } = options;
  const inputTimeoutMs = options["dashboard.inputTimeout"];
  return {
    ...(host !== undefined && { host }),
    ...(chosenPort !== undefined && { port: chosenPort }),
    ...(token !== undefined && { token }),
    ...(inputTimeoutMs !== undefined && { inputTimeoutMs }),
  };
}

/** The events in a run folder's log, oldest first; empty without a log. `warn` receives a message about damaged lines. */
export async function eventsSoFar(folder: string, warn: (message: string) => void = () => {}): Promise<RunEvent[]> {
  const path = join(folder, RUN_LOG_FILE);
  if (!existsSync(path)) return [];
  const events: RunEvent[] = [];
  const damaged = new DamagedLines(path);
  for await (const event of readRunLog(path, damaged.add)) events.push(event);
  if (damaged.message !== undefined) warn(damaged.message);
  return events;
}

function token(text: string): string {
  if (/^[\w-]{8,}$/.test(text)) return text;
  throw new InvalidArgumentError("it must have at least 8 letters, digits, _ or -.");
}
