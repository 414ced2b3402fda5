/** Dashboard run for an actor and a learner in this process. */
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

/** Observers, teleoperator and status that connect an actor with a dashboard. Created before both. */
export class DashboardHooks {
  readonly live = new LiveObserver();
  /** Receives the progress of demonstrations and evaluations, also before the dashboard starts. */
  readonly status = new RunStatus();
  /** Pass them to the actor. */
  readonly observers: readonly ActorObserver[] = [this.live];
  #teleoperator: DashboardTeleoperator | undefined;
  readonly #preparing = { live: new LiveObserver(), stopSwitch: new StopSwitch() };

  /** Options for `recordDemonstrations`: what `preparation` shows and stops. */
  get demonstrating(): Required<Pick<RecordDemonstrationsOptions, "observers" | "stopSwitch">> {
    return { observers: [this.#preparing.live], stopSwitch: this.#preparing.stopSwitch };
  }

  /** For `startDashboard` while the run records its demonstrations; `Dashboard.switchTo` then shows the run itself. */
  preparation({ config, events, processedEnv, plan = planOf(config) }: PreparationOptions): DashboardRun {
    this.status.plan = plan;
    this.status.setDemonstrations(0, config.handrail.demonstrations.episodes);
    const { fps } = envSettingsOf(config);
    return {
      name: nameOf(config, processedEnv),
      mode: "live",
      config,
      configDefaults: configDefaults(config),
      history: [],
      events,
      status: this.status,
      controlFrequencyHz: fps,
      ...(processedEnv.display && { scene: processedEnv.display }),
      watched: { observer: this.#preparing.live, actor: "demonstrations" },
      actions: { stop: this.#preparing.stopSwitch },
    };
  }

  /** For `TrainingRun.start`. @param progress undefined when no evaluation is running. */
  onEvaluation(progress: EvaluationProgress | undefined): void {
    this.status.setEvaluation(progress ? evaluationProgress(progress) : null);
  }

  /** undefined before `teleoperatorsFor`, and if the page can't steer actions of that shape. */
  get teleoperator(): DashboardTeleoperator | undefined {
    return this.#teleoperator;
  }

  /** The page's teleoperator, if it can steer this environment. Call it once. */
  teleoperatorsFor({ policyActionSpace: space }: Pick<ConfiguredEnv, "policyActionSpace">): readonly Teleoperator[] {
    this.#teleoperator = canSteer(space) ? new DashboardTeleoperator(space) : undefined;
    return this.#teleoperator ? [this.#teleoperator] : [];
  }
}

export interface PreparationOptions {
  readonly config: TrainRLServerPipelineConfig;
  readonly events: RunEvents;
  readonly processedEnv: ConfiguredEnv;
  /** Default: that of a run with actors. */
  readonly plan?: Plan;
}

export interface TrainingRunOptions {
  readonly hooks: DashboardHooks;
  readonly config: TrainRLServerPipelineConfig;
  readonly events: RunEvents;
  readonly made: Pick<ActorHandle, "actor" | "processedEnv" | "operator" | "pace">;
  readonly learner?: Pick<Learner, "pause" | "resume" | "saveCheckpoint">;
  /** Runs an evaluation and emits its event. */
  readonly evaluateNow?: () => Promise<unknown>;
  /** Pass it to the actor's observers as well. */
  readonly recorder?: EpisodeRecorder;
  /** Events of earlier sessions, from a resumed run's log. */
  readonly history?: readonly RunEvent[];
}

export function trainingRun(options: TrainingRunOptions): DashboardRun {
  const { hooks, config, events, made, learner, evaluateNow, recorder, history = [] } = options;
  const { actor, processedEnv, operator } = made;
  const { output_dir } = config;
  const { fps } = envSettingsOf(config);
  hooks.status.plan = planOf(config);
  hooks.status.follow(events, history);
  return {
    name: nameOf(config, processedEnv),
    mode: "live",
    config,
    configDefaults: configDefaults(config),
    history,
    events,
    status: hooks.status,
    controlFrequencyHz: fps,
    ...(processedEnv.display && { scene: processedEnv.display }),
    ...(hooks.teleoperator && { teleoperator: hooks.teleoperator }),
    watched: { observer: hooks.live, actor: actor.name },
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

/** Goal and limits of a training run. */
export function planOf(config: TrainRLServerPipelineConfig): Plan {
  const { fps } = envSettingsOf(config);
  const { onlineSteps, warmUpSteps } = runSettingsOf(config);
  const { solved, demonstrations } = config.handrail;
  return {
    task: taskOf(config),
    goal: solved && { success_rate: solved.success_rate, episodes: config.eval.n_episodes },
    max_steps: onlineSteps,
    warm_up_steps: warmUpSteps,
    demonstrations: demonstrations.episodes,
    fps,
    // Training configs can only name simulated environments so far.
    environment: "simulation",
    learns: true,
  };
}

/** What a config promises where it trains on a dataset, without actors. Its environment may be absent, or cannot be made here. */
export function offlinePlanOf(config: TrainRLServerPipelineConfig): Plan {
  const { dataset, env_eval_freq, eval: evaluation, handrail, steps } = config;
  const { solved, demonstrations } = handrail;
  const isEvaluated = config.env !== null && env_eval_freq > 0;
  return {
    task: attempt(() => taskOf(config)) ?? config.job_name ?? `learn from ${dataset?.repo_id ?? "a dataset"}`,
    goal: isEvaluated && solved ? { success_rate: solved.success_rate, episodes: evaluation.n_episodes } : null,
    max_steps: steps,
    ...{ warm_up_steps: 0, demonstrations: demonstrations.episodes, fps: null },
    ...{ environment: "simulation", learns: true },
  };
}

/** @throws Error without an environment, and for one that cannot be made here. */
function taskOf(config: TrainRLServerPipelineConfig): string {
  const { task, taskInWords } = envSettingsOf(config);
  return taskInWords ?? task ?? config.job_name ?? "act";
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
