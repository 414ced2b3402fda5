/** The setup under check: a config, and its environment and dataset, opened once for all checks. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Dataset } from "../../datasets/dataset.ts";
import { datasetFolder } from "../../datasets/location.ts";
import { INFO_PATH } from "../../datasets/meta/paths.ts";
import { settingsOfEnv } from "../../envs/env_types.ts";
import type { GymManipulatorConfig } from "../../envs/gym_manipulator/config.ts";
import { closeProcessedEnv } from "../../envs/processed_env.ts";
import type { PolicyConfig } from "../../policies/policy.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { type ConfiguredEnv, makeProcessedEnv } from "../make_processed_env.ts";

/** The result of opening a part of the setup. */
export type Attempt<Value> =
  | { readonly state: "absent" }
  | { readonly state: "there"; readonly value: Value }
  | { readonly state: "failed"; readonly error: Error };

export class SetupContext {
  readonly config: TrainRLServerPipelineConfig;
  /** The config as written in the file and on the command line, without defaults. */
  readonly written: unknown;
  /** The config is for `handrail learn`: a dataset, no actors. */
  readonly isOffline: boolean;
  #environment: Promise<Attempt<ConfiguredEnv>> | undefined;
  #dataset: Promise<Attempt<Dataset>> | undefined;

  constructor(config: TrainRLServerPipelineConfig, written: unknown, { offline = false } = {}) {
    this.isOffline = offline;
    this.config = config;
    this.written = written;
  }

  get policy(): PolicyConfig {
    return this.config.policy;
  }

  /** undefined unless the environment's type is `gym_manipulator`. */
  get env(): GymManipulatorConfig | undefined {
    const { env } = this.config;
    return env?.type === "gym_manipulator" ? (env as GymManipulatorConfig) : undefined;
  }

  /** Without actors, only demonstrations and evaluations need an environment. */
  get usesEnv(): boolean {
    const { dataset, env_eval_freq, handrail, resume } = this.config;
    const demonstrates = handrail.demonstrations.episodes > 0 && dataset === null && !resume;
    return !this.isOffline || demonstrates || env_eval_freq > 0;
  }

  /** The environment, not yet moved; absent if there is none, it is not used, or it is a robot that cannot be driven. */
  environment(): Promise<Attempt<ConfiguredEnv>> {
    const isMade = this.usesEnv && this.config.env !== null && this.env?.name !== "real_robot";
    this.#environment ??= isMade ? attempt(() => makeProcessedEnv(this.config)) : Promise.resolve({ state: "absent" });
    return this.#environment;
  }

  /** The environment if it may be moved; absent for a real machine, which the doctor never moves. */
  async simulation(): Promise<Attempt<ConfiguredEnv>> {
    const environment = await this.environment();
    const isMovable = environment.state !== "there" || settingsOfEnv(this.config.env!).isPhysical !== true;
    return isMovable ? environment : { state: "absent" };
  }

  /** The dataset if it is on this machine. Never downloads it. */
  dataset(): Promise<Attempt<Dataset>> {
    this.#dataset ??= this.#openDataset();
    return this.#dataset;
  }

  /** The dataset's folder, or the one it will be downloaded to. */
  get datasetFolder(): string | undefined {
    const { dataset } = this.config;
    return dataset === null ? undefined : datasetFolder({ repoId: dataset.repo_id, root: dataset.root });
  }

  async close(): Promise<void> {
    const environment = await this.#environment;
    if (environment?.state === "there") await closeProcessedEnv(environment.value);
    const dataset = await this.#dataset;
    if (dataset?.state === "there") await dataset.value.close();
  }

  async #openDataset(): Promise<Attempt<Dataset>> {
    const folder = this.datasetFolder;
    const isHere = folder !== undefined && (await stat(join(folder, INFO_PATH)).catch(() => undefined)) !== undefined;
    return isHere ? await attempt(() => Dataset.open(folder)) : { state: "absent" };
  }
}

/** The part of the context that checks of settings use. */
export type Settings = Pick<SetupContext, "config" | "policy" | "env" | "isOffline">;

async function attempt<Value>(open: () => Promise<Value>): Promise<Attempt<Value>> {
  try {
    return { state: "there", value: await open() };
  } catch (cause) {
    return { state: "failed", error: cause instanceof Error ? cause : new Error(String(cause)) };
  }
}
