/** The dashboard of an actor process: operators watch, take over, label and stop next to the robot. */
import { join, resolve } from "node:path";
import { actorRun, type Dashboard, DashboardHooks, startDashboard } from "../../dashboard/index.ts";
import { closeProcessedEnv } from "../../envs/processed_env.ts";
import type { RunEvents } from "../../metrics/run_events.ts";
import { EpisodeRecorder } from "../../rollout/recording/episode_recorder.ts";
import type { ActorHandle } from "../../runs/make_actor.ts";
import { type ConfiguredEnv, makeProcessedEnv } from "../../runs/make_processed_env.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { type DashboardAddressOptions, dashboardOptionsOf } from "../options/dashboard_options.ts";

export class ActorDashboard {
  readonly #config: TrainRLServerPipelineConfig;
  readonly #events: RunEvents;
  readonly #hooks = new DashboardHooks();
  readonly #recorder: EpisodeRecorder;
  readonly #processedEnv: ConfiguredEnv;
  #dashboard: Dashboard | undefined;

  private constructor(config: TrainRLServerPipelineConfig, events: RunEvents, processedEnv: ConfiguredEnv) {
    this.#config = config;
    this.#events = events;
    this.#processedEnv = processedEnv;
    this.#recorder = new EpisodeRecorder(config);
  }

  /** @throws Error or ConfigError for an environment that cannot be made. */
  static async open(config: TrainRLServerPipelineConfig, name: string, events: RunEvents): Promise<ActorDashboard> {
    // The learner owns the run's folder. Each actor records into a subfolder.
    const folder = join(resolve(config.output_dir ?? "outputs/actor"), "actors", encodeURIComponent(name));
    const own = { ...config, output_dir: folder, job_name: config.job_name ?? name };
    return new ActorDashboard(own, events, await makeProcessedEnv(config));
  }

  /** For `runRemoteActor`. */
  get parts() {
    return {
      processedEnv: this.#processedEnv,
      teleoperators: this.#hooks.teleoperatorsFor(this.#processedEnv),
      observers: [...this.#hooks.observers, this.#recorder],
    };
  }

  /** @returns its address. @throws Error when the port is taken or the page is missing. */
  async openDashboard(made: ActorHandle, options: DashboardAddressOptions): Promise<string> {
    const parts = { hooks: this.#hooks, config: this.#config, events: this.#events, made, recorder: this.#recorder };
    this.#dashboard = await startDashboard({ run: actorRun(parts), ...dashboardOptionsOf(options) });
    return this.#dashboard.url;
  }

  async close(): Promise<void> {
    await this.#dashboard?.close();
    await this.#recorder.stop().catch(() => {});
    await closeProcessedEnv(this.#processedEnv);
  }
}
