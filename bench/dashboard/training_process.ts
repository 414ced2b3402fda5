/** `handrail train` in a separate process: the learner at full speed, the robot at 10 Hz. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const START_DEADLINE_S = 120;

/** The preset without an end, and without learner and robot waiting for each other. */
const OVERRIDES = [
  "--handrail.pacing=real_time",
  "--handrail.updates_per_step={}",
  "--handrail.solved=null",
  "--handrail.demonstrations.episodes=4",
  "--policy.online_steps=10000000",
  "--save_freq=100000000",
];

export class TrainingProcess {
  /** Address of the dashboard. */
  url = "";
  readonly #folder = mkdtempSync(join(tmpdir(), "handrail-watched-"));
  readonly #child: ChildProcess;

  private constructor(overrides: readonly string[]) {
    const args = ["--import", "tsx", "src/cli/main.ts", "train", "--config", "configs/pick_cube.json"];
    const own = [`--output_dir=${this.#output}`, "--dashboard.port=0"];
    this.#child = spawn(process.execPath, [...args, ...OVERRIDES, ...own, ...overrides], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Resolves once the learner makes updates. */
  static async start(overrides: readonly string[] = []): Promise<TrainingProcess> {
    const training = new TrainingProcess(overrides);
    let said = "";
    const hear = (text: Buffer) => {
      said += text;
      training.url = /dashboard on (http:\S+)/.exec(said)?.[1] ?? training.url;
    };
    training.#child.stdout!.on("data", hear);
    training.#child.stderr!.on("data", hear);
    const deadline = performance.now() + 1000 * START_DEADLINE_S;
    while (training.url === "" || training.progress.length < 3) {
      if (training.#child.exitCode !== null || performance.now() > deadline) {
        await training.stop();
        throw new Error(`handrail train did not begin to learn:\n${said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return training;
  }

  /** Updates so far, for every second of the run's log. */
  get progress(): { readonly timeS: number; readonly updates: number }[] {
    return readLines(join(this.#output, "run.jsonl")).flatMap(({ type, time_s, step, state }) =>
      type === "learner" && state === "training" ? [{ timeS: time_s, updates: step! }] : [],
    );
  }

  /** Updates per second between two times, seconds since 1970. */
  updateRate(fromS: number, toS: number): number {
    const within = this.progress.filter(({ timeS }) => timeS >= fromS && timeS <= toS);
    const [first, last] = [within[0], within.at(-1)];
    if (first === undefined || last === undefined || first === last) throw new Error("the learner did not report");
    return (last.updates - first.updates) / (last.timeS - first.timeS);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill("SIGKILL");
      await once(this.#child, "exit");
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #output(): string {
    return join(this.#folder, "run");
  }
}

interface LogLine {
  readonly type: string;
  readonly time_s: number;
  readonly step?: number;
  readonly state?: string;
}

function readLines(path: string): LogLine[] {
  try {
    const lines = readFileSync(path, "utf8").split("\n").slice(0, -1); // the last one may be incomplete
    return lines.map((line) => JSON.parse(line) as LogLine);
  } catch {
    return []; // does not exist yet
  }
}
