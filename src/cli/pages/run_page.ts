/** The dashboard of a training command. A run continues if it cannot be opened. */
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

  /** Opens the dashboard for the first run; later runs replace it on the open pages. */
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
