/** `handrail record`: demonstrations of a teleoperator, as a dataset. */
import { Command, Option } from "commander";
import { DatasetRecorder } from "../../datasets/dataset_recorder.ts";
import { CODECS, type VideoCodec } from "../../datasets/video/backend.ts";
import { hasVideoBackend } from "../../datasets/video/choose.ts";
import { ScriptedOperator } from "../../teleoperators/scripted/scripted_operator.ts";
import type { Teleoperator } from "../../teleoperators/teleoperator.ts";
import type { ConfiguredEnv } from "../../training/make_processed_env.ts";
import { recordDemonstrations } from "../../training/record_demonstrations.ts";
import { recordingFeatures } from "../../training/recording.ts";
import { replayFeaturesOf } from "../../training/replay_features.ts";
import { nonNegativeInteger, positiveInteger } from "../arguments.ts";
import { addEnvOptions, type ChosenEnv, type EnvOptions, makeChosenEnv } from "../env_options.ts";
import { progressLine } from "../progress.ts";

interface RecordOptions extends EnvOptions {
  readonly episodes: number;
  readonly task: string;
  readonly cameras?: "image" | "video";
  readonly videoCodec: VideoCodec;
  readonly seed: number;
  readonly onlySuccessful?: boolean;
  readonly realTime?: boolean;
  readonly resume?: boolean;
}

const DEFAULT_FPS = 10;

export function recordCommand(): Command {
  const command = new Command("record")
    .description("record demonstrations into a dataset")
    .argument("<folder>", "folder of the dataset");
  return addEnvOptions(command)
    .requiredOption("--task <text>", "what is being done, in words")
    .option("--episodes <n>", "episodes to record", positiveInteger, 10)
    .addOption(
      new Option("--cameras <kind>", "how frames are stored; video where FFmpeg is there").choices(["image", "video"]),
    )
    .addOption(new Option("--video-codec <codec>", "encoding of videos").choices(CODECS).default("av1"))
    .option("--seed <n>", "seeds the environment and the operator", nonNegativeInteger, 0)
    .option("--only-successful", "record an episode again unless it solved the task")
    .option("--real-time", "keep to the environment's control rate")
    .option("--resume", "add episodes to the dataset that is in the folder")
    .addHelpText(
      "after",
      '\nExamples:\n  handrail record demos --task "pick up the cube" --config configs/pick_cube.json --only-successful' +
        '\n  handrail record demos --task "pick up the cube" --env PandaPickCube-v0 --episodes 3 --resume',
    )
    .action(record);
}

async function record(root: string, overrides: string[], options: RecordOptions): Promise<void> {
  const chosen = await makeChosenEnv(overrides, options);
  const { env } = chosen.processedEnv;
  try {
    const fps = Math.round(env.controlFrequencyHz ?? DEFAULT_FPS);
    const teleoperators = [scriptedOperator(chosen.processedEnv, options.seed)];
    const recorder = await openRecorder(root, chosen.processedEnv, fps, options);
    await recordWith(recorder, chosen, teleoperators, { ...options, ...(options.realTime && { pacingHz: fps }) });
  } finally {
    await env.close();
  }
}

/** Until the episodes are there or Ctrl-C; the recorder is closed either way. */
async function recordWith(
  recorder: DatasetRecorder,
  { processedEnv, config }: ChosenEnv,
  teleoperators: readonly Teleoperator[],
  { episodes, task, seed, onlySuccessful = false, pacingHz }: RecordOptions & { readonly pacingHz?: number },
): Promise<void> {
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  process.once("SIGINT", stop);
  const progress = progressLine("recorded", "episodes");
  let kept = 0;
  try {
    await recordDemonstrations({
      ...{ processedEnv, teleoperators, recorder, episodes, task, seed, onlySuccessful, signal: interrupt.signal },
      ...(config && { action: replayFeaturesOf(config).action }),
      ...(pacingHz !== undefined && { pacingHz }),
      onEpisode: (episode) => {
        if (episode.kept) progress.show(++kept, episodes);
      },
    });
  } finally {
    process.off("SIGINT", stop);
    progress.end();
    await recorder.close();
  }
  console.log(`${kept} episodes recorded into ${recorder.root}, which holds ${recorder.episodes} now`);
}

async function openRecorder(
  root: string,
  processedEnv: ConfiguredEnv,
  fps: number,
  options: RecordOptions,
): Promise<DatasetRecorder> {
  if (options.resume) {
    const recorder = await DatasetRecorder.resume({ root, videoCodec: options.videoCodec });
    if (recorder.lostEpisode) console.log("an episode that was being recorded when recording stopped was not saved");
    return recorder;
  }
  const cameras = options.cameras ?? ((await hasVideoBackend()) ? "video" : "image");
  const features = recordingFeatures(processedEnv, cameras);
  const robotType = processedEnv.env.id;
  return DatasetRecorder.create({ root, fps, features, robotType, videoCodec: options.videoCodec });
}

function scriptedOperator({ scene, env }: ConfiguredEnv, seed: number): Teleoperator {
  if (scene !== undefined) return new ScriptedOperator(scene, { mode: "demonstrate", seed });
  throw new Error(`the scripted operator can only see the Panda environments, not ${env.id}`);
}
