/** The dashboard of a command that trains: a run goes on without one. */
import { type Dashboard, type DashboardRun, startDashboard } from "../../dashboard/index.ts";
import { type DashboardAddressOptions, dashboardOptionsOf } from "../options/dashboard_options.ts";
import { terminal } from "../terminal/terminal.ts";
import { announceDashboard } from "./dashboard_address.ts";

export class RunPage {
  readonly #options: DashboardAddressOptions;
  #dashboard: Dashboard | undefined;
  #failed = false;

  constructor(options: DashboardAddressOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#dashboard !== undefined;
  }

  /** The first run opens it; the pages that are open turn to the next. */
  async show(run: DashboardRun): Promise<void> {
    if (this.#failed) return;
    try {
      if (this.#dashboard) return await this.#dashboard.switchTo(run);
      this.#dashboard = await startDashboard({ run, ...dashboardOptionsOf(this.#options) });
      announceDashboard(this.#dashboard.url);
    } catch (error) {
      this.#failed = true;
      terminal.print(`no dashboard: ${(error as Error).message}`);
    }
  }

  async close(): Promise<void> {
    await this.#dashboard?.close();
  }
}
