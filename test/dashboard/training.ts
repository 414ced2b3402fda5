/**
 * A real training run with its dashboard: the simulated Panda, an actor at 10 Hz, a learner with its thread, small
 * networks. It has every capability of the dashboard.
 */
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Dashboard,
  DashboardHooks,
  type DashboardRun,
  startDashboard,
  trainingRun,
} from "../../src/dashboard/index.ts";
import { CheckpointStore } from "../../src/learning/checkpoints/checkpoint_store.ts";
import { Learner } from "../../src/learning/index.ts";
import { type RunEvent, type RunEventOf, RunEvents } from "../../src/metrics/index.ts";
import type { ReplayBuffer } from "../../src/replay/replay_buffer.ts";
import type { Transition } from "../../src/replay/transition.ts";
import type { ActorStep } from "../../src/rollout/index.ts";
import { EpisodeRecorder } from "../../src/rollout/recording/episode_recorder.ts";
import { type ActorHandle, makeActor } from "../../src/runs/make_actor.ts";
import { makeProcessedEnv } from "../../src/runs/make_processed_env.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { InProcessTransport } from "../../src/transport/in_process/in_process_transport.ts";
import { SMALL_NETWORKS } from "../learning/small_networks.ts";
import { PATIENT } from "../until.ts";

const ONLINE_STEPS = 1_000_000;

const SMALL = [
  ...SMALL_NETWORKS,
  `--policy.online_steps=${ONLINE_STEPS}`,
  "--policy.online_step_before_learning=20",
  "--batch_size=16",
  "--save_freq=100000",
];

export interface TrainingOptions {
  readonly overrides?: readonly string[];
  readonly config?: string;
}

export class TrainingWithDashboard {
  dashboard: Dashboard;
  readonly made: ActorHandle;
  readonly learner: Learner;
  readonly events: RunEvents;
  /** The run's log. */
  readonly log: RunEvent[] = [];
  /** Every control step of the actor. */
  readonly steps: ActorStep[] = [];
  readonly folder: string;
  readonly #dashboardRun: DashboardRun;
  readonly #acting: Promise<unknown>;
  readonly #closeEndpoint: () => Promise<unknown>;

  private constructor(parts: {
    dashboard: Dashboard;
    dashboardRun: DashboardRun;
    made: ActorHandle;
    learner: Learner;
    events: RunEvents;
    folder: string;
    steps: ActorStep[];
    log: RunEvent[];
    closeEndpoint: () => Promise<unknown>;
  }) {
    this.dashboard = parts.dashboard;
    this.#dashboardRun = parts.dashboardRun;
    this.made = parts.made;
    this.learner = parts.learner;
    this.events = parts.events;
    this.folder = parts.folder;
    this.steps = parts.steps;
    this.log = parts.log;
    this.#closeEndpoint = parts.closeEndpoint;
    this.#acting = this.made.actor.run();
    this.#acting.catch(() => {});
  }

  static async start({ overrides = [], config: file = "configs/pick_cube.json" }: TrainingOptions = {}) {
    const folder = join(mkdtempSync(join(tmpdir(), "handrail-dashboard-")), "pick_cube");
    const config = await loadTrainingConfig(file, {
      overrides: [
        ...SMALL,
        "--handrail.pacing=real_time",
        `--output_dir=${folder}`,
        "--job_name=pick-cube",
        ...overrides,
      ],
    });
    const events = new RunEvents();
    const log: RunEvent[] = [];
    events.subscribe((event) => log.push(event));
    const transport = new InProcessTransport();
    const learner = await Learner.start({ config, transport, events, reportActors: false });
    const endpoint = await transport.createActor();
    const processedEnv = await makeProcessedEnv(config);
    const hooks = new DashboardHooks();
    const steps: ActorStep[] = [];
    const recorder = new EpisodeRecorder(config);
    const made = await makeActor({
      config,
      endpoint,
      events,
      processedEnv,
      teleoperators: hooks.teleoperatorsFor(processedEnv),
      observers: [...hooks.observers, recorder, { onStep: (step) => steps.push(step) }],
    });
    const dashboardRun = trainingRun({ hooks, config, events, made, learner, recorder });
    const dashboard = await startDashboard({ run: dashboardRun, port: 0, inputTimeoutMs: PATIENT.timeout });
    const closeEndpoint = () => endpoint.close(0);
    return new TrainingWithDashboard({
      dashboard,
      dashboardRun,
      made,
      learner,
      events,
      folder,
      steps,
      log,
      closeEndpoint,
    });
  }

  eventsOf<Type extends RunEvent["type"]>(type: Type): RunEventOf<Type>[] {
    return this.log.filter((event): event is RunEventOf<Type> => event.type === type);
  }

  /** Opens a new dashboard on the same run: no page is in control, nothing is stopped or paused. */
  async reopenDashboard(): Promise<void> {
    await this.dashboard.close();
    this.made.actor.release();
    this.made.actor.resume();
    await this.learner.resume();
    this.dashboard = await startDashboard({ run: this.#dashboardRun, port: 0, inputTimeoutMs: PATIENT.timeout });
  }

  get actions(): string[] {
    return this.eventsOf("action").map(({ name }) => name);
  }

  /** The learner's online buffer, oldest first, read from a checkpoint that is saved for this. */
  async storedTransitions(): Promise<Transition[]> {
    await this.learner.saveCheckpoint();
    const store = new CheckpointStore(join(this.folder, "checkpoints"), { onlineSteps: ONLINE_STEPS });
    const { buffers, policy, algorithm } = await store.load();
    await Promise.all([policy.dispose(), algorithm.dispose()]);
    const online = buffers.online as ReplayBuffer;
    return Array.from({ length: online.size }, (_, i) => online.at(i));
  }

  async close(): Promise<void> {
    await this.dashboard.close();
    this.made.actor.stop();
    await this.#acting.catch(() => {});
    await this.#closeEndpoint();
    await this.learner.stop();
    await this.made.close();
    await this.made.processedEnv.env.close();
    await rm(join(this.folder, ".."), { recursive: true, force: true });
  }
}
