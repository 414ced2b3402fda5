/** `handrail eval`: measures a policy's autonomous success, reproducibly. */
import { Command } from "commander";
import { loadPlugins } from "../../algorithms/plugins.ts";
import type { EvaluationReport } from "../../metrics/run_event.ts";
import { describeReport } from "../../rollout/evaluation/describe_report.ts";
import { evaluatePolicy } from "../../rollout/evaluation/evaluate_policy.ts";
import type { Player } from "../../rollout/evaluation/evaluation_options.ts";
import { findPolicy } from "../../runs/evaluation/find_policy.ts";
import { type LoadedPolicy, loadPolicy, trainConfigFileOf } from "../../runs/evaluation/load_policy.ts";
import { closeEnvs, envsOf, makeEnvsSideBySide } from "../../runs/evaluation/side_by_side.ts";
import type { ConfiguredEnv } from "../../runs/make_processed_env.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { envSettingsOf } from "../../settings/env_settings.ts";
import { loadTrainingConfig } from "../../settings/load_training_config.ts";
import { ScriptedOperator } from "../../teleoperators/scripted/scripted_operator.ts";
import { writeFileAtomic } from "../../utils/files/write_file_atomic.ts";
import { exitCodeOf } from "../failure.ts";
import { nonNegativeInteger, positiveInteger, share } from "../options/arguments.ts";
import { addConfigOverrides } from "../options/config_overrides.ts";
import { addWatchOptions, type WatchOptions, watchEvaluation } from "../pages/evaluation_watch.ts";
import { type StopSignal, stopNotice, stopOnSignals } from "../stop_signals.ts";
import { duration, progress } from "../terminal/status.ts";
import { terminal } from "../terminal/terminal.ts";

interface EvalOptions extends WatchOptions {
  readonly policy: string;
  readonly config?: string;
  readonly plugin: readonly string[];
  readonly episodes: number;
  readonly seed: number;
  readonly stochastic?: boolean;
  readonly assist?: boolean;
  readonly json?: string;
  readonly minSuccess?: number;
}

/** Far from the small seeds that are common in training. */
const FIRST_SEED = 100_000;

export function evalCommand(): Command {
  const command = addConfigOverrides(new Command("eval"), "--env.fps=20")
    .description("evaluate a policy: success rate with its interval, cycle time, and which weights they belong to")
    .requiredOption(
      "--policy <place>",
      "folder of a policy, a checkpoint or a run, a policy that comes with Handrail, such as pick_cube, or a Hub id",
    )
    .option("--config <file>", "where to evaluate (default: the policy's own train_config.json)")
    .option("--plugin <module...>", "modules that register further types: paths or packages", [])
    .option("--episodes <n>", "episodes to play", positiveInteger, 100)
    .option("--seed <n>", "seed of the first episode; each further one counts up", nonNegativeInteger, FIRST_SEED)
    .option("--stochastic", "sample actions as in training instead of taking the most likely one")
    .option("--assist", "let the scripted operator help; its help is reported separately")
    .option("--json <file>", "also write the report to a file")
    .option("--min-success <rate>", "exit with 1 when the success rate is below this, such as 0.95", share);
  return addWatchOptions(command)
    .addHelpText(
      "after",
      "\nExamples:\n  handrail eval --policy outputs/train/my_run\n" +
        "  handrail eval --policy my_policy --episodes 20 --handrail.environment.random_block_position=false\n" +
        "  handrail eval --policy my_policy --dashboard\n" +
        "  handrail eval --policy my_policy --episodes 3 --video film.mp4",
    )
    .action(evaluate);
}

async function evaluate(overrides: string[], options: EvalOptions): Promise<void> {
  await loadPlugins(options.plugin);
  const config = await configOf((await findPolicy(options.policy)).folder, overrides, options);
  const { device } = config.handrail;
  const loaded = await loadPolicy(options.policy, { device });
  try {
    for (const note of loaded.notes) terminal.print(`note: ${note}`);
    // The loaded policy acts, even if the config describes another one.
    const actingConfig = { ...config, policy: loaded.policy.config };
    const episodes = episodesTogether(options);
    const count = envsOf(actingConfig, episodes);
    // Policies load while the environments' threads start.
    const making = makeEnvsSideBySide(actingConfig, episodes);
    const loading = loadOthers(count - 1, options, device);
    const [made, alsoLoaded] = await Promise.allSettled([making, loading]);
    const envs = made.status === "fulfilled" ? made.value : [];
    const others = alsoLoaded.status === "fulfilled" ? alsoLoaded.value : [];
    try {
      await Promise.all([making, loading]);
      const players = [loaded, ...others].map((each, i): Player => ({ ...each, processedEnv: envs[i]! }));
      await conclude(await play(loaded, config, envs[0]!, players, options), loaded, envs[0]!, options);
    } finally {
      await closeEnvs(envs);
      for (const { policy } of others) await policy.dispose();
    }
  } finally {
    await loaded.policy.dispose();
  }
}

/** Episodes that several environments may share: only those without a viewer or an operator. */
function episodesTogether(options: EvalOptions): number {
  const { episodes, stochastic = false, assist = false, dashboard = false, video } = options;
  return stochastic || assist || dashboard || video !== undefined ? 1 : episodes;
}

async function loadOthers(count: number, { policy }: EvalOptions, device: string): Promise<readonly LoadedPolicy[]> {
  return await Promise.all(Array.from({ length: count }, () => loadPolicy(policy, { device })));
}

async function configOf(
  folder: string,
  overrides: readonly string[],
  { config, plugin: plugins }: EvalOptions,
): Promise<TrainRLServerPipelineConfig> {
  // Only acting matters here: the algorithm and its plug-ins are not needed.
  const reading = { overrides, plugins, namedPlugins: "skip", actsOnly: true } as const;
  if (config !== undefined) return await loadTrainingConfig(config, reading);
  const trainConfigFile = await trainConfigFileOf(folder);
  if (trainConfigFile === undefined) {
    throw new Error(`${folder} has no train_config.json, which says where to evaluate: pass --config <file>`);
  }
  return await loadTrainingConfig(trainConfigFile, reading);
}

async function play(
  loaded: LoadedPolicy,
  config: TrainRLServerPipelineConfig,
  processedEnv: ConfiguredEnv,
  players: readonly Player[],
  options: EvalOptions,
): Promise<EvaluationReport> {
  const { episodes, seed, stochastic = false, assist = false } = options;
  const { fps, isPhysical = false } = envSettingsOf(config);
  const watching = await watchEvaluation(options, { name: options.policy, config, processedEnv, episodes });
  let stoppedBy: StopSignal | undefined;
  const { signal, release } = stopOnSignals((name) => {
    stoppedBy = name;
    terminal.print(stopNotice(name, "stopping after this step"));
  });
  const startMs = performance.now();
  let [done, solved] = [0, 0];
  const show = () => {
    const left =
      done === 0 ? [] : [`${duration((((episodes - done) / done) * (performance.now() - startMs)) / 1000)} left`];
    terminal.show({ ...progress("evaluating", done, episodes, "episodes"), details: [`${solved} solved`, ...left] });
  };
  show();
  try {
    const report = await evaluatePolicy({
      ...players[0]!,
      players,
      step: loaded.step,
      episodes,
      seed,
      deterministic: !stochastic,
      signal,
      ...(isPhysical && { pacingHz: fps }),
      teleoperators: assist ? [scriptedOperator(processedEnv, seed)] : [],
      ...watching.evaluation,
      onEpisode(episode) {
        watching.onEpisode(episode);
        const { success, operatorSteps } = episode;
        if (success && operatorSteps === 0) solved += 1;
        done += 1;
        show();
      },
    });
    await watching.finish();
    // The exit code must show that some episodes were not played.
    if (stoppedBy !== undefined && report.episodes < episodes) process.exitCode = exitCodeOf(stoppedBy);
    return report;
  } finally {
    terminal.end();
    release();
    await watching.close();
  }
}

function scriptedOperator({ scene, env }: ConfiguredEnv, seed: number): ScriptedOperator {
  if (scene === undefined) throw new Error(`the scripted operator cannot watch ${env.id}: leave out --assist`);
  return new ScriptedOperator(scene, { mode: "intervene", seed });
}

async function conclude(
  report: EvaluationReport,
  { folder }: LoadedPolicy,
  { env }: ConfiguredEnv,
  { json, minSuccess, episodes }: EvalOptions,
): Promise<void> {
  const lines = [["policy", folder], ["environment", env.id], ...describeReport(report)];
  for (const [label, text] of lines) terminal.result(`${label!.padEnd(13)}${text}`);
  if (report.episodes < episodes) terminal.print(`stopped after ${report.episodes} of ${episodes} episodes`);
  if (json !== undefined) await writeFileAtomic(json, `${JSON.stringify(report, null, 2)}\n`);
  if (minSuccess !== undefined && report.success_rate < minSuccess) {
    terminal.print(`error: the success rate ${report.success_rate} is below ${minSuccess}`);
    process.exitCode ??= 1;
  }
}
