/** A training run as the dashboard sees it: an actor and a learner of this process. */
import type { Learner } from "../../../learning/index.ts";
import type { RunEvent, RunEvents } from "../../../metrics/index.ts";
import { type ActorObserver, StopSwitch } from "../../../rollout/index.ts";
import type { EpisodeRecorder } from "../../../rollout/recording/episode_recorder.ts";
import type { RecordDemonstrationsOptions } from "../../../rollout/recording/record_demonstrations.ts";
import type { EvaluationProgress } from "../../../runs/evaluation/evaluate_checkpoint.ts";
import type { ActorHandle } from "../../../runs/make_actor.ts";
import type { ConfiguredEnv } from "../../../runs/make_processed_env.ts";
import type { TrainRLServerPipelineConfig } from "../../../settings/config.ts";
import { configDefaults } from "../../../settings/config_defaults.ts";
import { envSettingsOf } from "../../../settings/env_settings.ts";
import { runSettingsOf } from "../../../settings/run_settings.ts";
import type { Teleoperator } from "../../../teleoperators/teleoperator.ts";
import type { Plan } from "../../run_state.ts";
import { canSteer, DashboardTeleoperator } from "../dashboard_teleoperator.ts";
import { LiveObserver } from "../live_observer.ts";
import type { DashboardRun, LearnerControl } from "./run.ts";
import { RunStatus } from "./run_status.ts";

/** What an actor is given when it is made, before there is a dashboard: the place that people will steer and watch from. */
export class DriverSeat {
  readonly live = new LiveObserver();
  /** To be told of what takes long before there is a dashboard, too: demonstrations, evaluations. */
  readonly status = new RunStatus();
  /** All of them are for the actor. */
  readonly observers: readonly ActorObserver[] = [this.live];
  #teleoperator: DashboardTeleoperator | undefined;
  readonly #preparing = { live: new LiveObserver(), stopSwitch: new StopSwitch() };

  /** For `recordDemonstrations`, before there is an actor: what `preparation` shows and stops. */
  get demonstrating(): Required<Pick<RecordDemonstrationsOptions, "observers" | "stopSwitch">> {
    return { observers: [this.#preparing.live], stopSwitch: this.#preparing.stopSwitch };
  }

  /** For `startDashboard` while the run makes its demonstrations; `Dashboard.turnTo` then shows the run itself. */
  preparation({ config, events, processedEnv }: PreparationOptions): DashboardRun {
    this.status.plan = planOf(config);
    this.status.demonstrated(0, config.handrail.demonstrations.episodes);
    const { fps } = envSettingsOf(config);
    return {
      ...{ name: nameOf(config, processedEnv), mode: "live", config, configDefaults: configDefaults(config) },
      ...{ history: [], events, status: this.status, controlFrequencyHz: fps },
      ...(processedEnv.display && { scene: processedEnv.display }),
      watched: { observer: this.#preparing.live, actor: "demonstrations" },
      actions: { stop: this.#preparing.stopSwitch },
    };
  }

  /** For `TrainingRun.start`: how far an evaluation is. */
  onEvaluation(progress: EvaluationProgress | undefined): void {
    this.status.evaluating(progress ? evaluationProgress(progress) : null);
  }

  /** undefined before `peopleFor`, and where the page can't steer actions of that shape. */
  get teleoperator(): DashboardTeleoperator | undefined {
    return this.#teleoperator;
  }

  /** Who may take over in this environment. To be called once. */
  peopleFor({ policyActionSpace: space }: Pick<ConfiguredEnv, "policyActionSpace">): readonly Teleoperator[] {
    this.#teleoperator = canSteer(space) ? new DashboardTeleoperator(space) : undefined;
    return this.#teleoperator ? [this.#teleoperator] : [];
  }
}

export interface PreparationOptions {
  readonly config: TrainRLServerPipelineConfig;
  readonly events: RunEvents;
  readonly processedEnv: ConfiguredEnv;
}

export interface TrainingRunOptions {
  readonly seat: DriverSeat;
  readonly config: TrainRLServerPipelineConfig;
  readonly events: RunEvents;
  readonly made: Pick<ActorHandle, "actor" | "processedEnv" | "operator" | "pace">;
  readonly learner?: Pick<Learner, "pause" | "resume" | "saveCheckpoint">;
  /** Makes an evaluation and emits its event. */
  readonly evaluateNow?: () => Promise<unknown>;
  /** Observes the actor, too. */
  readonly recorder?: EpisodeRecorder;
  /** What a resumed run's log tells of the time before. */
  readonly history?: readonly RunEvent[];
}

export function trainingRun(options: TrainingRunOptions): DashboardRun {
  const { seat, config, events, made, learner, evaluateNow, recorder, history = [] } = options;
  const { actor, processedEnv, operator } = made;
  const { output_dir } = config;
  const { fps } = envSettingsOf(config);
  seat.status.plan = planOf(config);
  seat.status.follow(events, history);
  return {
    name: nameOf(config, processedEnv),
    mode: "live",
    config,
    configDefaults: configDefaults(config),
    history,
    events,
    status: seat.status,
    controlFrequencyHz: fps,
    ...(processedEnv.display && { scene: processedEnv.display }),
    ...(seat.teleoperator && { teleoperator: seat.teleoperator }),
    watched: { observer: seat.live, actor: actor.name },
    ...(output_dir !== null && { folder: output_dir }),
    actions: {
      stop: actor,
      actor,
      labels: actor,
      pace: made.pace,
      ...(learner && { learner: learnerControl(learner) }),
      ...(evaluateNow && {
        evaluation: {
          evaluateNow: async () => {
            await evaluateNow();
          },
        },
      }),
      ...(operator && { operator }),
      ...(recorder && { recording: recorder }),
    },
  };
}

export function learnerControl(learner: Pick<Learner, "pause" | "resume" | "saveCheckpoint">): LearnerControl {
  return {
    pause: () => learner.pause(),
    resume: () => learner.resume(),
    saveCheckpoint: async () => (await learner.saveCheckpoint()).folder,
  };
}

function nameOf({ job_name, output_dir }: TrainRLServerPipelineConfig, { env }: Pick<ConfiguredEnv, "env">): string {
  return job_name ?? output_dir ?? env.id;
}

function evaluationProgress({ policyStep, ...counts }: EvaluationProgress) {
  return { ...counts, policy_step: policyStep };
}

/** What a config of a training run promises. */
export function planOf(config: TrainRLServerPipelineConfig): Plan {
  const { task, taskInWords, fps } = envSettingsOf(config);
  const { onlineSteps, warmUpSteps } = runSettingsOf(config);
  const { solved, demonstrations } = config.handrail;
  return {
    task: taskInWords ?? task ?? config.job_name ?? "act",
    goal: solved && { success_rate: solved.success_rate, episodes: config.eval.n_episodes },
    max_steps: onlineSteps,
    warm_up_steps: warmUpSteps,
    demonstrations: demonstrations.episodes,
    fps,
    // What a training config names can only be simulated so far.
    environment: "simulation",
    learns: true,
  };
}
