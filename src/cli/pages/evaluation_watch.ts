/** The dashboard and the film of `handrail eval`. */
import { type Command, InvalidArgumentError } from "commander";
import { RunEvents } from "../../metrics/run_events.ts";
import type { EvaluatedEpisode, EvaluatePolicyOptions } from "../../rollout/evaluation/evaluation_options.ts";
import { FILM_FORMATS, FILM_SIZE_PX, Film, filmFormatOf } from "../../rollout/evaluation/film.ts";
import type { ConfiguredEnv } from "../../runs/make_processed_env.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { envSettingsOf } from "../../settings/env_settings.ts";
import { positiveInteger } from "../options/arguments.ts";
import { addDashboardAddress, type DashboardAddressOptions, dashboardOptionsOf } from "../options/dashboard_options.ts";
import { terminal } from "../terminal/terminal.ts";
import { announceDashboard } from "./dashboard_address.ts";

export interface WatchOptions extends DashboardAddressOptions {
  readonly dashboard?: boolean;
  readonly video?: string;
  readonly videoEpisodes: number;
}

export interface Watching {
  /** For `evaluatePolicy`. */
  readonly evaluation: Pick<EvaluatePolicyOptions, "observers" | "beforeStep" | "stopSwitch">;
  onEpisode(episode: EvaluatedEpisode): void;
  /** Completes the film after the last episode. */
  finish(): Promise<void>;
  /** Call this in any case. */
  close(): Promise<void>;
}

export function addWatchOptions(command: Command): Command {
  command
    .option("--dashboard", "watch in the browser, at the robot's own speed")
    .option("--video <file>", `film the first episodes: ${FILM_FORMATS.join(", ")}`, filmFile)
    .option("--video-episodes <n>", "episodes to film", positiveInteger, 3);
  return addDashboardAddress(command);
}

/** @throws Error when the environment can't be filmed or drawn, or the port is taken; then nothing stays open. */
export async function watchEvaluation(
  { dashboard, video, videoEpisodes, ...address }: WatchOptions,
  run: {
    readonly name: string;
    readonly config: TrainRLServerPipelineConfig;
    readonly processedEnv: ConfiguredEnv;
    readonly episodes: number;
  },
): Promise<Watching> {
  const { processedEnv, config } = run;
  const { fps } = envSettingsOf(config);
  const film = video === undefined ? undefined : await beginFilm(video, processedEnv, fps, videoEpisodes);
  const library = dashboard ? await import("../../dashboard/index.ts") : undefined;
  const session =
    library && new library.EvaluationSession({ ...run, events: new RunEvents(), controlFrequencyHz: fps });
  const server = session
    ? await library!.startDashboard({ run: session.run, ...dashboardOptionsOf(address) }).catch(async (error) => {
        await film?.abort();
        throw error;
      })
    : undefined;
  if (server) announceDashboard(server.url);
  let isFinished = false;
  return {
    evaluation: {
      observers: [...(film ? [film] : []), ...(session?.evaluation.observers ?? [])],
      async beforeStep(signal) {
        await film?.settled;
        await session?.evaluation.beforeStep(signal);
      },
      ...(session && { stopSwitch: session.evaluation.stopSwitch }),
    },
    onEpisode: (episode) => session?.evaluation.onEpisode(episode),
    async finish() {
      if (!film) return;
      await film.finish();
      isFinished = true;
      terminal.print(`filmed ${video}`);
    },
    async close() {
      if (film && !isFinished) await film.abort();
      await server?.close();
    },
  };
}

async function beginFilm(path: string, { film, env }: ConfiguredEnv, fps: number, episodes: number): Promise<Film> {
  if (film === undefined) throw new Error(`${env.id} cannot be filmed: leave out --video`);
  const camera = film.filmCamera({ width: FILM_SIZE_PX, height: FILM_SIZE_PX });
  return await Film.begin({ path, camera, fps, episodes });
}

function filmFile(path: string): string {
  try {
    filmFormatOf(path);
    return path;
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
}
