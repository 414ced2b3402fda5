/** `npm run bench -- NAME`: runs one benchmark, prints its figures and stores them in docs/results/NAME.json. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { type BenchOptions, type Row, report } from "./measure.ts";

interface Benchmark {
  readonly summary: string;
  /** Its file in docs/results. Default: the benchmark's name. */
  readonly results?: string;
  /** Imports on demand: a benchmark needs only its own packages. */
  rows(options: BenchOptions): Promise<readonly Row[]>;
}

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  engine: {
    summary: "training steps and forward passes of the numeric engine",
    rows: async (options) => (await import("./engine/index.ts")).engineRows(options),
  },
  replay: {
    summary: "inserting into and sampling from the replay buffer, and its memory (10 GB unless --quick)",
    rows: async ({ quick }) => (await import("./replay.ts")).benchReplay(quick ? 2000 : undefined),
  },
  datasets: {
    summary: "recording, writing and reading datasets",
    rows: async (options) => (await import("./datasets.ts")).datasetRows(options),
  },
  training: {
    summary: "a complete trainingStep(): mixing, sampling, preprocessing, update",
    rows: async ({ seconds }) => (await import("./training_step.ts")).benchTrainingStep(seconds),
  },
  pendulum: {
    summary: "learning on Pendulum-v1 over five seeds (minutes)",
    rows: async () => (await import("./pendulum.ts")).benchPendulum(),
  },
  td3: {
    summary: "learning on Pendulum-v1 by examples/td3.ts over three seeds (minutes)",
    results: "td3_pendulum",
    rows: async (options) => (await import("./td3.ts")).benchTD3(options),
  },
  pick_cube: {
    summary: "handrail train on PandaPickCube over five seeds, from demonstrations to the evaluation (minutes)",
    rows: async ({ quick }) => (await import("./pick_cube.ts")).benchPickCube(quick ? [0] : undefined),
  },
  reward_classifier: {
    summary: "a reward classifier on recorded pick-cube episodes over three seeds (minutes)",
    rows: async (options) => (await import("./reward_classifier/index.ts")).rewardClassifierRows(options),
  },
  transport: {
    summary: "gRPC throughput between two processes",
    rows: async () => (await import("./transport.ts")).benchTransport(),
  },
  faults: {
    summary: "killed processes, a dead network, a slow learner: losses and recovery times (15 minutes)",
    rows: async (options) => (await import("./faults.ts")).faultRows(options),
  },
  actor: {
    summary: "the actor's control loop: overhead per step and jitter",
    rows: async (options) => (await import("./actor.ts")).actorRows(options),
  },
  dashboard: {
    summary: "cost of a watching page, input latency, memory of a tab over 12 hours (minutes)",
    rows: async (options) => (await import("./dashboard/index.ts")).dashboardRows(options),
  },
  panda: {
    summary: "speed and memory of the simulated Panda arm",
    rows: async ({ quick }) => {
      const sizes = quick ? { speedSteps: 200, memorySteps: 2000, memoryResets: 20 } : {};
      return (await import("./panda_pick_cube.ts")).pandaPickCubeRows(sizes);
    },
  },
  rendering: {
    summary: "drawing the camera images",
    rows: async ({ seconds }) => (await import("./rendering.ts")).renderingRows(seconds),
  },
  operator: {
    summary: "success rate of the scripted operator",
    rows: async ({ quick }) => (await import("./scripted_operator.ts")).scriptedOperatorRows(quick ? 20 : undefined),
  },
};

const OPTIONS = {
  seconds: { type: "string", default: "3" },
  threads: { type: "string", default: String(Math.min(2, availableParallelism())) },
  minutes: { type: "string", default: "10" },
  only: { type: "string" },
  quick: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

const list = Object.entries(BENCHMARKS)
  .map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`)
  .join("\n");
const USAGE = `Usage: npm run bench -- NAME [options]

Benchmarks:
${list}

Options:
  --seconds N   how long to time each figure (default ${OPTIONS.seconds.default})
  --threads N   threads inside one operation of the engine (default ${OPTIONS.threads.default})
  --minutes N   faults: how long the learner is slow (default ${OPTIONS.minutes.default})
  --only TEXT   engine, dashboard: only the workloads whose name contains TEXT
  --quick       smaller workloads, to see that everything runs
  --help        this text

Figures are written to docs/results/NAME.json, except with --only or --quick.`;

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  if (values.help) return console.log(USAGE);
  const [name, ...rest] = positionals;
  const benchmark = name === undefined || !Object.hasOwn(BENCHMARKS, name) ? undefined : BENCHMARKS[name];
  if (benchmark === undefined || rest.length > 0) {
    throw new Error(name === undefined ? USAGE : `unknown benchmark "${positionals.join(" ")}"\n\n${USAGE}`);
  }
  const { only, quick } = values;
  const options = {
    seconds: positive("seconds", values.seconds),
    threads: Math.ceil(positive("threads", values.threads)),
    minutes: positive("minutes", values.minutes),
    quick,
  };
  const rows = await benchmark.rows({ ...options, ...(only === undefined ? {} : { only }) });
  report(benchmark.results ?? name!, rows, { settings: options, save: only === undefined && !quick });
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${option} must be a positive number, got "${text}"`);
  return value;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
