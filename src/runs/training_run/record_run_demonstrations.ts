/** Records a run's own demonstrations in simulation, as an ordinary dataset in the run's folder. */
import { randomInt } from "node:crypto";
import { join } from "node:path";
import type { TypedConfig } from "../../config/schema/registry.ts";
import { holdsDataset } from "../../datasets/meta/info.ts";
import { DatasetRecorder } from "../../datasets/writing/dataset_recorder.ts";
import { closeProcessedEnv } from "../../envs/processed_env.ts";
import { compileAhead } from "../../learning/compilation/compile_ahead.ts";
import { DEMONSTRATIONS } from "../../learning/run_folder/run_layout.ts";
import {
  type RecordDemonstrationsOptions,
  type RecordedEpisode,
  recordDemonstrations,
} from "../../rollout/recording/record_demonstrations.ts";
import { recordingFeatures, taskText } from "../../rollout/recording/recording.ts";
import { DatasetSchema, type TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { envSettingsOf } from "../../settings/env_settings.ts";
import { replayFeaturesOf } from "../../settings/replay_features.ts";
import { isProgram, makeTeleoperator, SCRIPTED_TELEOPERATOR } from "../../teleoperators/registry.ts";
import { Random } from "../../tensor/random.ts";
import { withDemonstrators } from "../demonstrations/side_by_side.ts";
import { type ConfiguredEnv, makeProcessedEnv } from "../make_processed_env.ts";
import { demonstratorPlace, teleopOf } from "../make_teleoperator.ts";

export type DemonstrationWatch = (
  env: ConfiguredEnv,
) => Promise<Pick<RecordDemonstrationsOptions, "observers" | "stopSwitch">>;

export interface RecordRunDemonstrationsOptions {
  readonly config: TrainRLServerPipelineConfig;
  /** The run's folder. */
  readonly folder: string;
  readonly env: ConfiguredEnv;
  readonly random: Random;
  readonly onEpisode?: ((done: number, total: number) => void) | undefined;
  /** Called before the first episode; returns the observers and the stop switch. */
  readonly watch?: DemonstrationWatch | undefined;
  readonly signal?: AbortSignal | undefined;
}

type WithDemonstrationsOptions = Omit<RecordRunDemonstrationsOptions, "env" | "random"> & {
  /** Default: makes the config's environment and closes it afterwards. */
  readonly env?: ConfiguredEnv;
};

/**
 * Records the demonstrations that the config asks for, unless it names a dataset. A resumed run has them in its buffers.
 *
 * @returns the config to train with.
 * @throws as `recordRunDemonstrations` does.
 */
export async function withDemonstrations(options: WithDemonstrationsOptions): Promise<TrainRLServerPipelineConfig> {
  const { config, env: given } = options;
  if (config.handrail.demonstrations.episodes === 0 || config.dataset !== null || config.resume) return config;
  compileAhead(config);
  const env = given ?? (await makeProcessedEnv(config));
  try {
    const random = new Random(config.seed ?? randomInt(2 ** 47));
    return await recordRunDemonstrations({ ...options, env, random });
  } finally {
    if (given === undefined) await closeProcessedEnv(env);
  }
}

/** The config with the run's own demonstrations as its dataset. */
export function withRecorded(config: TrainRLServerPipelineConfig, folder: string): TrainRLServerPipelineConfig {
  return { ...config, dataset: DatasetSchema.parse({ repo_id: DEMONSTRATIONS, root: join(folder, DEMONSTRATIONS) }) };
}

/**
 * Records `handrail.demonstrations.episodes` successful episodes of the program that `env.teleop` names, or else of the
 * scripted operator, in parallel unless it is watched. The dataset is the same either way, and after a stop and a resume.
 *
 * @returns the config with the recorded dataset.
 * @throws Error for an environment that the program cannot steer or see; the signal's reason if it stops the recording.
 */
export async function recordRunDemonstrations({
  config,
  folder,
  env: processedEnv,
  random,
  onEpisode,
  watch,
  signal,
}: RecordRunDemonstrationsOptions): Promise<TrainRLServerPipelineConfig> {
  const { episodes } = config.handrail.demonstrations;
  const { env, scene } = processedEnv;
  const teleoperator = demonstratorOf(config);
  if (scene === undefined && teleoperator.type === SCRIPTED_TELEOPERATOR) {
    throw new Error(
      `handrail.demonstrations.episodes is ${episodes}, but the scripted operator cannot see ${env.id}: record ` +
        'demonstrations with "handrail record" and name them in "dataset", or name a program that can steer it in "env.teleop"',
    );
  }
  const root = join(folder, DEMONSTRATIONS);
  // A run stopped while recording already has some episodes.
  const kind = {
    fps: Math.round(env.controlFrequencyHz!),
    features: recordingFeatures(processedEnv, "image"),
    robotType: env.id,
  };
  const recorder = (await holdsDataset(root))
    ? await DatasetRecorder.resume({ root, expected: kind })
    : await DatasetRecorder.create({ root, ...kind });
  let kept = recorder.episodes;
  const [seed, recordingSeed] = [random.integer(2 ** 32), random.integer(2 ** 32)];
  const { action } = replayFeaturesOf(config);
  try {
    const watching = await watch?.(processedEnv);
    const recording = {
      processedEnv,
      recorder,
      action,
      episodes: episodes - kept,
      seed: recordingSeed,
      onlySuccessful: true,
      task: taskText(envSettingsOf(config)),
      teleoperators: [await makeTeleoperator({ ...teleoperator }, demonstratorPlace(processedEnv, seed))],
      onEpisode: (episode: RecordedEpisode) => {
        if (!episode.kept) return;
        kept += 1;
        onEpisode?.(kept, episodes);
      },
      ...(signal && { signal }),
    };
    if (watching) await recordDemonstrations({ ...recording, ...watching });
    else {
      const demonstration = { place: { config }, teleoperator, seed, action };
      await withDemonstrators(demonstration, recording.episodes, (players) =>
        recordDemonstrations({ ...recording, players }),
      );
    }
    if (kept < episodes) throw signal!.reason;
    return withRecorded(config, folder);
  } finally {
    await recorder.close();
  }
}

/** A device needs a person, who demonstrates with `handrail record`. */
function demonstratorOf(config: TrainRLServerPipelineConfig): TypedConfig {
  const teleop = teleopOf(config);
  return teleop !== undefined && isProgram(teleop) ? teleop : { type: SCRIPTED_TELEOPERATOR };
}
