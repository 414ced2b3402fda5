/**
 * The reward classifier on the simulated pick-cube task: trained on 20 episodes, measured on 10 others, half of which fail in
 * ways that look like success. Beside it the same network of which only the head learns, as in LeRobot 0.6.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dataset } from "../../src/datasets/dataset.ts";
import { RewardClassifier } from "../../src/rewards/classifier/reward_classifier.ts";
import { readExamples } from "../../src/rewards/classifier/training/examples.ts";
import { type JudgedLabels, measure } from "../../src/rewards/classifier/training/metrics.ts";
import { judgeExamples } from "../../src/rewards/classifier/training/train_classifier.ts";
import { trainOnDataset } from "../../src/rewards/classifier/training/train_on_dataset.ts";
import type { TrainedPart } from "../../src/rewards/classifier/training/training_step.ts";
import type { BenchOptions, Row } from "../measure.ts";
import { recordEpisodes } from "./record.ts";

const SEEDS = [1, 2, 3];
const TRAINING_EPISODES = 20;
const TEST_EPISODES = 10;
/** Seeds of the test episodes are far from those of training. */
const TEST_SEED = 1000;

interface Outcome {
  readonly judged: readonly JudgedLabels[];
  readonly decision: { readonly success_threshold: number; readonly debounce: number };
  readonly seconds: number;
}

export async function rewardClassifierRows({ quick, threads }: BenchOptions): Promise<Row[]> {
  const seeds = quick ? SEEDS.slice(0, 1) : SEEDS;
  const outcomes: Record<TrainedPart, Outcome[]> = { all: [], head: [] };
  for (const seed of seeds) {
    const folder = await mkdtemp(join(tmpdir(), "handrail-bench-classifier-"));
    try {
      const [demos, test] = [join(folder, "demos"), join(folder, "test")];
      await recordEpisodes(demos, TRAINING_EPISODES, seed);
      await recordEpisodes(test, TEST_EPISODES, TEST_SEED + seed);
      for (const trained of ["all", "head"] as const) {
        const outcome = await trainAndTest(demos, test, join(folder, trained), { trained, seed, threads });
        outcomes[trained].push(outcome);
        const figures = measure(outcome.judged, outcome.decision);
        console.log(`seed ${seed}, ${trained}: ${JSON.stringify(figures)}`);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  }
  return [...rowsOf("all layers", outcomes.all, true), ...rowsOf("head only, as LeRobot", outcomes.head, false)];
}

async function trainAndTest(
  demos: string,
  test: string,
  folder: string,
  { trained, seed, threads }: { readonly trained: TrainedPart; readonly seed: number; readonly threads: number },
): Promise<Outcome> {
  const started = performance.now();
  const dataset = await Dataset.open(demos);
  const config = { model_name: null };
  const { decision } = await trainOnDataset(dataset, folder, { config, trained, seed, compile: { threads } });
  await dataset.close();
  const seconds = (performance.now() - started) / 1000;
  const classifier = await RewardClassifier.fromPretrained(folder, { compile: { threads } });
  const others = await Dataset.open(test);
  const examples = await readExamples(others, classifier.config, { episodes: [...others.episodes.keys()] });
  const judged = await judgeExamples(classifier, examples);
  await others.close();
  await classifier.close();
  return { judged, decision, seconds };
}

function rowsOf(name: string, outcomes: readonly Outcome[], isTarget: boolean): Row[] {
  const each = outcomes.map(({ judged, decision }) => measure(judged, decision));
  const sum = (of: (metrics: (typeof each)[number]) => number) =>
    each.reduce((total, metrics) => total + of(metrics), 0);
  const successful = sum(({ successful_episodes }) => successful_episodes);
  const recalled = sum(({ episode_recall, successful_episodes }) => (episode_recall ?? 0) * successful_episodes);
  const failures = sum(({ frames, success_frames }) => frames - success_frames);
  const alarms = sum(
    (metrics) => (metrics.false_positives_per_1000 / 1000) * (metrics.frames - metrics.success_frames),
  );
  const falseAlarms = sum(({ false_alarms }) => false_alarms);
  const decisions = each.map(({ success_threshold, debounce }) => `${success_threshold} × ${debounce}`).join(", ");
  const seconds = outcomes.reduce((total, outcome) => total + outcome.seconds, 0) / outcomes.length;
  return [
    {
      name: `${name}: recall of successful episodes`,
      value: recalled / successful,
      unit: "share",
      detail: `${Math.round(recalled)} of ${successful}, ${outcomes.length} seeds; threshold × frames in a row: ${decisions}`,
      ...(isTarget && { target: "≥ 0.95" }),
    },
    {
      name: `${name}: false positives in 1,000 frames without success`,
      value: (1000 * alarms) / failures,
      unit: "frames",
      detail: `${Math.round(alarms)} of ${failures} frames, in ${falseAlarms} of ${sum(({ episodes }) => episodes)} episodes`,
      ...(isTarget && { target: "≤ 2" }),
    },
    {
      name: `${name}: time to train`,
      value: seconds,
      unit: "s",
      detail: "reading, 600 steps, measuring; a busy machine",
    },
  ];
}
