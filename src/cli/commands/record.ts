/** `handrail record`: records a teleoperator's demonstrations as a dataset. */
import { basename, resolve } from "node:path";
import { Command, Option } from "commander";
import type { TypedConfig } from "../../config/schema/registry.ts";
import { RecordingSession, startDashboard } from "../../dashboard/index.ts";
import { readInfo } from "../../datasets/meta/info.ts";
import { cameraKeys } from "../../datasets/schema/features.ts";
import { CODECS, type VideoCodec } from "../../datasets/video/backend.ts";
import { hasVideoBackend } from "../../datasets/video/choose.ts";
import { DatasetRecorder } from "../../datasets/writing/dataset_recorder.ts";
import { closeProcessedEnv } from "../../envs/processed_env.ts";
import { RunEvents } from "../../metrics/run_events.ts";
import {
  type RecordDemonstrationsOptions,
  type RecordedEpisode,
  recordDemonstrations,
} from "../../rollout/recording/record_demonstrations.ts";
import { recordingFeatures } from "../../rollout/recording/recording.ts";
import { withDemonstrators } from "../../runs/demonstrations/side_by_side.ts";
import type { ConfiguredEnv } from "../../runs/make_processed_env.ts";
import { demonstratorPlace, requireTeleoperator, teleopOf } from "../../runs/make_teleoperator.ts";
import { envSettingsOf } from "../../settings/env_settings.ts";
import { replayFeaturesOf } from "../../settings/replay_features.ts";
import {
  DASHBOARD_TELEOPERATOR,
  isProgram,
  makeTeleoperator,
  SCRIPTED_TELEOPERATOR,
} from "../../teleoperators/registry.ts";
import { nonNegativeInteger, positiveInteger } from "../options/arguments.ts";
import { addDashboardAddress, type DashboardAddressOptions, dashboardOptionsOf } from "../options/dashboard_options.ts";
import { addEnvOptions, type ChosenEnv, type EnvOptions, isPhysical, makeChosenEnv } from "../options/env_options.ts";
import { announceDashboard } from "../pages/dashboard_address.ts";
import { showProgress } from "../show_progress.ts";
import { stopNotice, stopOnSignals } from "../stop_signals.ts";
import { terminal } from "../terminal/terminal.ts";

interface RecordOptions extends EnvOptions, DashboardAddressOptions {
  readonly operator?: "scripted" | "dashboard";
  readonly episodes: number;
  readonly task: string;
  readonly cameras?: "image" | "video";
  readonly videoCodec: VideoCodec;
  readonly seed: number;
  readonly onlySuccessful?: boolean;
  readonly realTime?: boolean;
  readonly resume?: boolean;
  readonly keepTimeouts?: boolean;
}

const DEFAULT_FPS = 10;
const DEFAULT_TELEOPERATOR = { type: SCRIPTED_TELEOPERATOR };

export function recordCommand(): Command {
  const command = new Command("record")
    .description("record demonstrations into a dataset")
    .argument("<folder>", "folder of the dataset");
  addEnvOptions(command)
    .requiredOption("--task <text>", "what is being done, in words")
    .addOption(
      new Option(
        "--operator <type>",
        "what steers: a script, in simulation, or a person at the dashboard (default: env.teleop of the config, else scripted)",
      ).choices(["scripted", "dashboard"]),
    )
    .option("--episodes <n>", "episodes to record", positiveInteger, 10)
    .addOption(
      new Option("--cameras <kind>", "how frames are stored (default: video if FFmpeg is available)").choices([
        "image",
        "video",
      ]),
    )
    .addOption(new Option("--video-codec <codec>", "encoding of videos").choices(CODECS).default("av1"))
    .option("--seed <n>", "seeds the environment and the operator", nonNegativeInteger, 0)
    .option("--only-successful", "repeat an episode until it solves the task")
    .option("--real-time", "run at the environment's control rate; always on for people and their devices")
    .option("--keep-timeouts", "save episodes that end without a person's verdict, instead of waiting for one")
    .option("--resume", "add episodes to the dataset in the folder");
  return addDashboardAddress(command)
    .addHelpText(
      "after",
      '\nExamples:\n  handrail record demos --task "pick up the cube" --config configs/pick_cube.json --only-successful' +
        '\n  handrail record demos --task "pick up the cube" --env PandaPickCube-v0 --episodes 3 --resume' +
        '\n  handrail record demos --task "pick up the cube" --config configs/pick_cube_pixels.json --operator dashboard',
    )
    .action(record);
}

async function record(root: string, overrides: string[], options: RecordOptions): Promise<void> {
  const chosen = await makeChosenEnv(overrides, options);
  const { env } = chosen.processedEnv;
  const closing = [() => closeProcessedEnv(chosen.processedEnv)];
  try {
    const fps = Math.round(env.controlFrequencyHz ?? DEFAULT_FPS);
    const name = basename(resolve(root));
    const teleop = teleoperatorFor(options, chosen);
    const page = teleop.type === DASHBOARD_TELEOPERATOR ? await openPage(name, chosen, fps, options) : undefined;
    if (page) closing.unshift(page.close);
    const recorder = await openRecorder(root, chosen.processedEnv, fps, options);
    const operation = page?.operation ?? (await deviceOperation(teleop, chosen, recorder, options));
    const isReal = options.realTime || !isProgram(teleop) || isPhysical(chosen);
    await recordWith(recorder, chosen, teleop, { ...(isReal && { pacingHz: fps }), ...operation }, options);
  } finally {
    for (const close of closing) await close();
  }
}

/** @throws ConfigError if it cannot be made; Error if the scripted operator cannot see the environment. */
function teleoperatorFor({ operator }: RecordOptions, { config, processedEnv }: ChosenEnv): TypedConfig {
  const teleop = operator !== undefined ? { type: operator } : ((config && teleopOf(config)) ?? DEFAULT_TELEOPERATOR);
  if (config && operator === undefined) requireTeleoperator(config);
  if (teleop.type === SCRIPTED_TELEOPERATOR && !processedEnv.scene) {
    throw new Error(`the scripted operator can only see the Panda environments, not ${processedEnv.env.id}`);
  }
  return teleop;
}

async function deviceOperation(
  teleop: TypedConfig,
  { processedEnv }: ChosenEnv,
  recorder: DatasetRecorder,
  { seed }: RecordOptions,
): Promise<Operation> {
  try {
    return { teleoperators: [await makeTeleoperator({ ...teleop }, demonstratorPlace(processedEnv, seed))] };
  } catch (error) {
    await recorder.close();
    throw error;
  }
}

type Operation = Pick<
  RecordDemonstrationsOptions,
  "teleoperators" | "observers" | "hasBegun" | "onUndecided" | "stopSwitch" | "onEpisode" | "pacingHz"
>;

/** Records until all episodes are saved or a signal stops it. Closes the recorder in either case. */
async function recordWith(
  recorder: DatasetRecorder,
  { processedEnv, config }: ChosenEnv,
  teleoperator: TypedConfig,
  operation: Operation,
  { episodes, task, seed, onlySuccessful = false, realTime = false, env: id, envOptions }: RecordOptions,
): Promise<void> {
  const { signal, release } = stopOnSignals((name) => {
    terminal.print(stopNotice(name, "saving what is recorded"));
    terminal.wait("saving");
  });
  const show = showProgress("recorded", "episodes");
  let kept = 0;
  const policy = config && { action: replayFeaturesOf(config).action };
  const recording = {
    processedEnv,
    recorder,
    episodes,
    task,
    seed,
    onlySuccessful,
    signal,
    ...operation,
    ...policy,
    onEpisode: (episode: RecordedEpisode) => {
      operation.onEpisode?.(episode);
      if (episode.fault) terminal.print(`${episode.fault.message}: the episode starts over`);
      if (!episode.kept) return;
      kept += 1;
      if (!signal.aborted) show(kept, episodes);
    },
  };
  const place = config ? { config } : { id, options: envOptions };
  try {
    await withDemonstrators({ place, teleoperator, seed, ...policy }, realTime ? 1 : episodes, (players) =>
      recordDemonstrations({ ...recording, players }),
    );
  } finally {
    terminal.wait("saving");
    await recorder.close();
    terminal.end();
    release();
  }
  terminal.result(`${kept} episodes recorded into ${recorder.root}, which now holds ${recorder.episodes}`);
}

/** Opens the page on which a person demonstrates. */
async function openPage(
  name: string,
  { processedEnv, config }: ChosenEnv,
  controlFrequencyHz: number,
  options: RecordOptions,
): Promise<{ readonly operation: Operation; readonly close: () => Promise<void> }> {
  const { task, episodes } = options;
  const episodeS = config && envSettingsOf(config).episodeTimeS;
  const session = new RecordingSession({
    session: { task, episodes, ...(episodeS !== undefined && { episodeS }) },
    name,
    processedEnv,
    controlFrequencyHz,
    events: new RunEvents(),
    ...(config && { config }),
  });
  const dashboard = await startDashboard({ run: session.run, ...dashboardOptionsOf(options) });
  announceDashboard(dashboard.url);
  terminal.print("take control there: an episode begins with your first movement and ends with your verdict");
  const { onUndecided, ...recording } = session.recording;
  const ask = () => {
    onUndecided();
    terminal.print(
      "the episode is over without a verdict: say on the page whether it was a success, or record it again",
    );
  };
  const operation = {
    ...recording,
    ...(!options.keepTimeouts && { onUndecided: ask }),
    onEpisode: (episode: RecordedEpisode) => session.onEpisode(episode),
  };
  const close = async () => {
    session.end();
    await dashboard.close();
  };
  return { operation, close };
}

async function openRecorder(
  root: string,
  processedEnv: ConfiguredEnv,
  fps: number,
  options: RecordOptions,
): Promise<DatasetRecorder> {
  const robotType = processedEnv.env.id;
  if (options.resume) {
    const { features: stored } = await readInfo(root);
    const storage = options.cameras ?? (cameraKeys(stored, "image").length > 0 ? "image" : "video");
    const expected = { fps, features: recordingFeatures(processedEnv, storage), robotType };
    const recorder = await DatasetRecorder.resume({ root, expected, videoCodec: options.videoCodec });
    if (recorder.lostEpisode)
      terminal.print("the episode that was being recorded when the previous recording stopped was lost");
    return recorder;
  }
  const cameras = options.cameras ?? ((await hasVideoBackend()) ? "video" : "image");
  const features = recordingFeatures(processedEnv, cameras);
  return DatasetRecorder.create({ root, fps, features, robotType, videoCodec: options.videoCodec });
}
