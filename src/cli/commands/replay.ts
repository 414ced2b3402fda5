/** `handrail replay`: executes a recorded episode's actions again in an environment. */
import { Command } from "commander";
import { Dataset } from "../../datasets/dataset.ts";
import type { SeededStart } from "../../datasets/meta/episode_starts.ts";
import { closeProcessedEnv } from "../../envs/processed_env.ts";
import { StopSwitch } from "../../rollout/control/stop_switch.ts";
import { type ReplayedEpisode, replayEpisode } from "../../rollout/replay_episode.ts";
import { exitCodeOf } from "../failure.ts";
import { nonNegativeInteger } from "../options/arguments.ts";
import { addEnvOptions, type EnvOptions, isPhysical, makeChosenEnv } from "../options/env_options.ts";
import { stopNotice, stopOnSignals } from "../stop_signals.ts";
import { terminal } from "../terminal/terminal.ts";

interface ReplayOptions extends EnvOptions {
  readonly episode: number;
  readonly seed?: number;
  readonly realTime?: boolean;
}

export function replayCommand(): Command {
  const command = new Command("replay")
    .description("execute a recorded episode's actions again, from where it began, through the action pipeline")
    .argument("<folder>", "folder of the dataset");
  return addEnvOptions(command)
    .option("--episode <n>", "which episode", nonNegativeInteger, 0)
    .option("--seed <n>", "seed of the environment's reset, instead of the recorded one", nonNegativeInteger)
    .option("--real-time", "run at the recording's rate")
    .addHelpText("after", "\nExample:\n  handrail replay demos --config configs/pick_cube.json --episode 3 --real-time")
    .action(replay);
}

async function replay(folder: string, overrides: string[], options: ReplayOptions): Promise<void> {
  const dataset = await Dataset.open(folder);
  try {
    // The recorded actions have already passed through the config's action steps.
    const chosen = await makeChosenEnv(overrides, options, { actionSteps: false });
    const { processedEnv } = chosen;
    const stopSwitch = new StopSwitch();
    const { signal, release } = stopOnSignals((name) => {
      stopSwitch.hold();
      terminal.print(stopNotice(name, "the robot holds"));
      process.exitCode = exitCodeOf(name);
    });
    try {
      const result = await replayEpisode({
        dataset,
        processedEnv,
        episode: options.episode,
        stopSwitch,
        signal,
        ...(options.seed !== undefined && { seed: options.seed }),
        ...((options.realTime || isPhysical(chosen)) && { pacingHz: dataset.info.fps }),
      });
      const recorded = result.recordedReward === undefined ? "" : `; recorded ${result.recordedReward}`;
      terminal.print(describeStart(result.start, options));
      if (processedEnv.env.id !== (dataset.info.robot_type ?? processedEnv.env.id)) {
        terminal.print(`recorded in ${dataset.info.robot_type}, replayed in ${processedEnv.env.id}`);
      }
      if (!signal.aborted && isOther(result) && result.start && options.seed === undefined) {
        terminal.print(
          "the rewards differ from the recorded ones: was it recorded with another config, or judged by a person?",
        );
      }
      terminal.result(`${result.steps} of ${result.frames} actions executed, reward ${result.totalReward}${recorded}`);
    } finally {
      release();
      await closeProcessedEnv(processedEnv);
    }
  } finally {
    await dataset.close();
  }
}

function describeStart(start: SeededStart | undefined, { seed }: ReplayOptions): string {
  if (start === undefined)
    return "started at random: the dataset does not store how this episode began; --seed seeds the reset";
  if (seed !== undefined) return `started with --seed ${seed}, not as recorded`;
  const after = start.resets === 0 ? "" : ` and ${start.resets} resets after it`;
  return `started as recorded, with seed ${start.seed}${after}`;
}

/** Rewards are stored in single precision. */
function isOther({ totalReward, recordedReward = totalReward }: ReplayedEpisode): boolean {
  return Math.abs(totalReward - recordedReward) > 1e-3 * (1 + Math.abs(recordedReward));
}
