/** A run of the shipped task with small networks, as separate processes that share a folder and a port. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { readRunLog } from "../../src/metrics/read_run_log.ts";
import type { RunEvent } from "../../src/metrics/run_event.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import type { Random } from "../../src/tensor/random.ts";
import { pause } from "../../src/transport/conformance/harness.ts";
import { SMALL_NETWORKS } from "../learning/small_networks.ts";
import { PATIENCE_S } from "../until.ts";
import { type Books, readBooks } from "./books.ts";
import { HandrailProcess } from "./handrail_process.ts";

const CONFIGS = join(import.meta.dirname, "../../configs");
const SMALL = [
  ...SMALL_NETWORKS,
  "--policy.online_step_before_learning=30",
  "--policy.online_steps=1000000",
  "--algorithm.utd_ratio=1",
  "--batch_size=16",
  "--log_freq=5",
  // Noise at every step: no two transitions are the same.
  "--handrail.deterministic_episodes=0",
  "--save_freq=40",
  // The books are kept of what actors send.
  "--handrail.demonstrations.episodes=0",
];

export interface RunProcesses {
  readonly learner: HandrailProcess;
  readonly actor: HandrailProcess;
}

export class RunOnTheArm {
  readonly folder: string;
  readonly #port: number;
  readonly #config: string;
  readonly #overrides: readonly string[];
  readonly #started: HandrailProcess[] = [];
  #seed = 0;

  /** @param preset of `configs/`. */
  constructor(folder: string, port: number, overrides: readonly string[] = [], preset = "pick_cube.json") {
    this.folder = folder;
    this.#port = port;
    this.#config = join(CONFIGS, preset);
    this.#overrides = [...SMALL, ...overrides];
  }

  async learner(...overrides: string[]): Promise<HandrailProcess> {
    return this.#keep(
      await HandrailProcess.learner("--config", this.#config, ...this.#values(this.#port), ...overrides),
    );
  }

  /** @param port where it finds the learner, or something in between. */
  async actor(overrides: readonly string[] = [], port = this.#port): Promise<HandrailProcess> {
    // Every process its own episodes: with the same ones, transitions might be the same.
    const seed = ["--seed", String(this.#seed++)];
    return this.#keep(
      await HandrailProcess.actor("--config", this.#config, ...this.#values(port), ...seed, ...overrides),
    );
  }

  /** Events in the log, up to a second behind. */
  async log(): Promise<RunEvent[]> {
    const events: RunEvent[] = [];
    for await (const event of readRunLog(join(this.folder, "run.jsonl"))) events.push(event);
    return events;
  }

  /** Waits until updates are made on transitions that arrived after `sinceS`. @returns when that began, seconds since 1970. */
  async trainsOnNews(sinceS: number, deadlineS = PATIENCE_S): Promise<number> {
    const end = performance.now() + 1000 * deadlineS;
    while (performance.now() < end) {
      const log = await this.log();
      const before = log.findLast(({ time_s }) => time_s <= sinceS)?.interaction_step ?? 0;
      const news = log.find(
        ({ type, time_s, interaction_step }) => type === "training" && time_s > sinceS && interaction_step > before,
      );
      if (news !== undefined) return news.time_s;
      await pause(0.1);
    }
    throw new Error(`no update on new transitions within ${deadlineS} s`);
  }

  /** Size of the actor's outbox on disk. It grows with every transition while the robot moves. */
  async outboxBytes(actor = "actor"): Promise<number> {
    const directory = join(this.folder, "outbox", actor);
    const journals = (await readdir(directory)).filter((name) => name.startsWith("transitions-"));
    const sizes = await Promise.all(journals.map(async (name) => (await stat(join(directory, name))).size));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /**
   * `kill -9` of learner and actor in random order, at random moments; each is started again at once.
   *
   * @returns the processes that run now, and after each start the seconds from readiness to updates on new transitions.
   */
  async killInTurn(
    { learner, actor }: RunProcesses,
    killsOfEach: number,
    random: Random,
  ): Promise<RunProcesses & { readonly delaysS: readonly number[] }> {
    const victims = Array.from({ length: 2 * killsOfEach }, (_, i) => (i % 2 === 0 ? "learner" : "actor"));
    const delaysS: number[] = [];
    while (victims.length > 0) {
      const [victim] = victims.splice(random.integer(victims.length), 1);
      await pause(random.uniform(0, 1.5));
      let restarted: HandrailProcess;
      if (victim === "learner") {
        await learner.kill();
        restarted = learner = await this.learner("--resume=true");
      } else {
        await actor.kill();
        restarted = actor = await this.actor();
      }
      delaysS.push((await this.trainsOnNews(restarted.readyAtS)) - restarted.readyAtS);
    }
    return { learner, actor, delaysS };
  }

  /** Once all processes have ended. */
  async books(): Promise<Books> {
    return await readBooks(await loadTrainingConfig(this.#config, { overrides: this.#values(this.#port) }));
  }

  /** Ends whatever still runs. */
  async end(): Promise<void> {
    await Promise.all(this.#started.map((started) => started.kill()));
  }

  #values(port: number): string[] {
    return [`--output_dir=${this.folder}`, `--policy.actor_learner_config.learner_port=${port}`, ...this.#overrides];
  }

  #keep(started: HandrailProcess): HandrailProcess {
    this.#started.push(started);
    return started;
  }
}
