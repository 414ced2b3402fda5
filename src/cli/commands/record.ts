/** `handrail record`: demonstrations of a teleoperator, as a dataset. */
import { Command, Option } from "commander";
import { DatasetRecorder } from "../../datasets/dataset_recorder.ts";
import { CODECS, type VideoCodec } from "../../datasets/video/backend.ts";
import { hasVideoBackend } from "../../datasets/video/choose.ts";
import type { Env } from "../../envs/env.ts";
import { makeEnv } from "../../envs/make_env.ts";
import { PandaEnv } from "../../envs/panda_pick_cube/panda_env.ts";
import { ScriptedOperator } from "../../teleoperators/scripted/scripted_operator.ts";
import type { Teleoperator } from "../../teleoperators/teleoperator.ts";
import { recordDemonstrations } from "../../training/record_demonstrations.ts";
import { recordingFeatures } from "../../training/recording.ts";
import { jsonObject, nonNegativeInteger, positiveInteger } from "../arguments.ts";
import { progressLine } from "../progress.ts";

interface RecordOptions {
  readonly env: string;
  readonly envOptions: Record<string, unknown>;
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
  return new Command("record")
    .description("record demonstrations into a dataset")
    .argument("<folder>", "folder of the dataset")
    .requiredOption("--task <text>", "what is being done, in words")
    .option("--env <id>", "environment", "PandaPickCubeGamepad-v0")
    .option("--env-options <json>", 'options of the environment, such as {"image_obs": true}', jsonObject, {})
    .option("--episodes <n>", "episodes to record", positiveInteger, 10)
    .addOption(
      new Option("--cameras <kind>", "how frames are stored; video where FFmpeg is there").choices(["image", "video"]),
    )
    .addOption(new Option("--video-codec <codec>", "encoding of videos").choices(CODECS).default("av1"))
    .option("--seed <n>", "seeds the environment and the operator", nonNegativeInteger, 0)
    .option("--only-successful", "record an episode again unless it solved the task")
    .option("--real-time", "keep to the environment's control rate")
    .option("--resume", "add episodes to the dataset that is in the folder")
    .action(record);
}

async function record(root: string, options: RecordOptions): Promise<void> {
  const env = await makeEnv(options.env, options.envOptions);
  try {
    const teleoperator = scriptedOperator(env, options.seed);
    const fps = Math.round(env.controlFrequencyHz ?? DEFAULT_FPS);
    const recorder = await openRecorder(root, env, fps, options);
    const interrupt = new AbortController();
    const stop = () => interrupt.abort();
    process.once("SIGINT", stop);
    const progress = progressLine("recorded", "episodes");
    let kept = 0;
    try {
      await recordDemonstrations({
        ...{ env, teleoperator, recorder, episodes: options.episodes, task: options.task, seed: options.seed },
        ...(options.realTime && { pacingHz: fps }),
        onlySuccessful: options.onlySuccessful ?? false,
        signal: interrupt.signal,
        onEpisode: (episode) => {
          if (episode.kept) progress.show(++kept, options.episodes);
        },
      });
    } finally {
      process.off("SIGINT", stop);
      progress.end();
      await recorder.close();
    }
    console.log(`${kept} episodes recorded into ${root}, which holds ${recorder.episodes} now`);
  } finally {
    await env.close();
  }
}

async function openRecorder(root: string, env: Env, fps: number, options: RecordOptions): Promise<DatasetRecorder> {
  if (options.resume) {
    const recorder = await DatasetRecorder.resume({ root, videoCodec: options.videoCodec });
    if (recorder.lostEpisode) console.log("an episode that was being recorded when recording stopped was not saved");
    return recorder;
  }
  const cameras = options.cameras ?? ((await hasVideoBackend()) ? "video" : "image");
  const features = recordingFeatures(env, cameras);
  return DatasetRecorder.create({ root, fps, features, robotType: options.env, videoCodec: options.videoCodec });
}

function scriptedOperator(env: Env, seed: number): Teleoperator {
  if (env instanceof PandaEnv) return new ScriptedOperator(env, { mode: "demonstrate", seed });
  throw new Error(`the scripted operator can only see the Panda environments, not ${env.id}`);
}
