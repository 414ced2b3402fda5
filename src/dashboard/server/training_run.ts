/** A training run as the dashboard sees it: an actor and a learner of this process. */
import type { Env } from "../../envs/env.ts";
import type { RunEvent, RunEvents } from "../../metrics/index.ts";
import type { Teleoperator } from "../../teleoperators/teleoperator.ts";
import type { ActorObserver, MadeActor } from "../../training/actor/index.ts";
import type { TrainRLServerPipelineConfig } from "../../training/config.ts";
import type { EpisodeRecorder } from "../../training/episode_recorder.ts";
import type { Learner } from "../../training/learner/index.ts";
import { gymManipulatorConfigOf } from "../../training/make_processed_env.ts";
import { canSteer, DashboardTeleoperator } from "./dashboard_teleoperator.ts";
import { LiveObserver } from "./live_observer.ts";
import type { DashboardRun } from "./run.ts";

/** What an actor is given when it is made, before there is a dashboard: the place that people will steer and watch from. */
export class DriverSeat {
  readonly live = new LiveObserver();
  /** All of them are for the actor. */
  readonly observers: readonly ActorObserver[] = [this.live];
  #teleoperator: DashboardTeleoperator | undefined;

  /** undefined before `peopleFor`, and where the page can't steer actions of that shape. */
  get teleoperator(): DashboardTeleoperator | undefined {
    return this.#teleoperator;
  }

  /** Who may take over in this environment. To be called once. */
  peopleFor({ actionSpace }: Pick<Env, "actionSpace">): readonly Teleoperator[] {
    this.#teleoperator = canSteer(actionSpace) ? new DashboardTeleoperator(actionSpace) : undefined;
    return this.#teleoperator ? [this.#teleoperator] : [];
  }
}

export interface TrainingRunOptions {
  readonly seat: DriverSeat;
  readonly config: TrainRLServerPipelineConfig;
  readonly events: RunEvents;
  readonly made: Pick<MadeActor, "actor" | "processedEnv" | "operator">;
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
  const { output_dir, job_name } = config;
  const { fps } = gymManipulatorConfigOf(config);
  return {
    name: job_name ?? output_dir ?? processedEnv.env.id,
    mode: "live",
    config,
    history,
    events,
    controlFrequencyHz: fps,
    ...(processedEnv.display && { scene: processedEnv.display }),
    ...(seat.teleoperator && { teleoperator: seat.teleoperator }),
    watched: { observer: seat.live, actor: actor.name },
    ...(output_dir !== null && { folder: output_dir }),
    actions: {
      stop: actor,
      actor,
      labels: actor,
      ...(learner && {
        learner: {
          pause: () => learner.pause(),
          resume: () => learner.resume(),
          saveCheckpoint: async () => (await learner.saveCheckpoint()).folder,
        },
      }),
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
