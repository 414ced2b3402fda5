/** `handrail reward …`: trains, measures and applies classifiers that judge success from camera images. */
import { Command } from "commander";
import { readConfigFile } from "../../config/load.ts";
import { isPlainObject } from "../../config/path.ts";
import { Dataset } from "../../datasets/dataset.ts";
import { type EpisodeLabels, rangesOf, writeSuccessLabels } from "../../datasets/meta/success_labels.ts";
import { RewardClassifier } from "../../rewards/classifier/reward_classifier.ts";
import { readExamples } from "../../rewards/classifier/training/examples.ts";
import { type ClassifierMetrics, decide, measure } from "../../rewards/classifier/training/metrics.ts";
import { judgeExamples, type TrainingProgress } from "../../rewards/classifier/training/train_classifier.ts";
import { classifierConfigFor, trainOnDataset } from "../../rewards/classifier/training/train_on_dataset.ts";
import { judgeDataset } from "../../rewards/judge_dataset.ts";
import { writeFileAtomic } from "../../utils/files/write_file_atomic.ts";
import { integerList, nonNegativeInteger, positiveInteger, share } from "../options/arguments.ts";
import { showProgress } from "../show_progress.ts";
import { stopNotice, stopOnSignals } from "../stop_signals.ts";
import { progress } from "../terminal/status.ts";
import { terminal } from "../terminal/terminal.ts";

interface TrainOptions {
  readonly config?: string;
  readonly cameras?: readonly string[];
  readonly encoder?: string;
  readonly steps?: number;
  readonly batchSize?: number;
  readonly seed?: number;
  readonly heldOut: number;
  readonly headOnly?: boolean;
}

interface JudgeOptions {
  readonly episodes?: readonly number[];
  readonly threshold?: number;
  readonly debounce?: number;
  readonly raw?: boolean;
}

interface EvalOptions extends JudgeOptions {
  readonly json?: string;
}

interface LabelOptions extends JudgeOptions {
  readonly undo?: boolean;
}

const EXAMPLES =
  "\nExamples:\n  handrail reward train demos classifier\n  handrail reward eval classifier other_demos --json report.json" +
  "\n  handrail reward label other_demos classifier";

export function rewardCommand(): Command {
  const reward = new Command("reward").description("Train and apply classifiers that judge success from images.");

  reward
    .command("train <dataset> <folder>")
    .description(
      "train a classifier on a dataset whose episodes have successes and failures, and write it into a folder",
    )
    .option("--config <file>", "settings under LeRobot's keys: of a classifier, or of its training (reward_model)")
    .option("--cameras <list>", "cameras to look at, separated by commas (default: all)", (text) => text.split(","))
    .option(
      "--encoder <place>",
      "folder or Hub id of a pretrained ResNet-10, which stays as it is (default: a small CNN)",
    )
    .option("--steps <n>", "batches to train on (default: 600)", positiveInteger)
    .option("--batch-size <n>", "frames per batch, half of them with success (default: 32)", positiveInteger)
    .option("--seed <n>", "of weights, batches and the split (default: 0)", nonNegativeInteger)
    .option("--held-out <share>", "share of the episodes that choose the threshold", share, 0.2)
    .option("--head-only", "train the last layers only, as LeRobot 0.6 does, for comparison")
    .addHelpText("after", EXAMPLES)
    .action(train);

  judgement(reward.command("eval <classifier> <dataset>"))
    .description("compare a classifier's judgement with the labels of a dataset that it was not trained on")
    .option("--json <file>", "also write the figures to a file")
    .addHelpText("after", EXAMPLES)
    .action(evaluate);

  judgement(reward.command("label <dataset> [classifier]"))
    .description("label a dataset's frames with a classifier; what was recorded stays, and --undo returns to it")
    .option("--undo", "remove the labels instead; no classifier is needed")
    .addHelpText("after", EXAMPLES)
    .action(label);

  return reward;
}

/** Adds the options of judging a dataset's episodes. */
function judgement(command: Command): Command {
  return command
    .option("--episodes <list>", 'only these episodes, such as "0,2,5-7"', integerList)
    .option("--threshold <probability>", "of success (default: the classifier's own)", share)
    .option("--debounce <n>", "frames in a row that must reach it (default: the classifier's own)", positiveInteger)
    .option("--raw", "do not normalise images, as LeRobot deploys classifiers");
}

async function label(source: string, place: string | undefined, options: LabelOptions): Promise<void> {
  const dataset = await Dataset.open(source);
  try {
    const episodes = options.episodes ?? [...dataset.episodes.keys()];
    for (const episode of episodes) dataset.episode(episode);
    const lengths = dataset.episodes.map(({ length }) => length);
    if (options.undo) {
      await writeSuccessLabels(source, lengths, new Map(episodes.map((episode) => [episode, null])));
      terminal.result(`${episodes.length} episodes have the labels that were recorded`);
      return;
    }
    if (place === undefined) throw new Error("name the classifier, or give --undo to remove labels");
    const labels = await judgedLabels(dataset, place, episodes, options);
    await writeSuccessLabels(source, lengths, labels);
    const successes = [...labels.values()].filter(({ success }) => success.length > 0).length;
    terminal.result(`${labels.size} episodes labelled, ${successes} of them successful; --undo removes the labels`);
  } finally {
    await dataset.close();
  }
}

/** Labels of the episodes, judged by a classifier. */
async function judgedLabels(
  dataset: Dataset,
  place: string,
  episodes: readonly number[],
  options: LabelOptions,
): Promise<Map<number, EpisodeLabels>> {
  const classifier = await load(place, options);
  try {
    const show = showProgress("labelled", "episodes");
    const labels = new Map<number, EpisodeLabels>();
    for await (const { episode, probabilities } of judgeDataset(dataset, classifier, { episodes })) {
      const success = rangesOf(decide(probabilities, decisionOf(classifier, options)));
      labels.set(episode, { success, by: "classifier" });
      show(labels.size, episodes.length);
    }
    return labels;
  } finally {
    terminal.end();
    await classifier.close();
  }
}

const load = (place: string, { raw }: JudgeOptions) =>
  RewardClassifier.fromPretrained(place, {
    normalize: !raw,
    note: (message) => terminal.print(`note: ${message}`),
  });

const decisionOf = ({ defaults }: RewardClassifier, { threshold, debounce }: JudgeOptions) => ({
  success_threshold: threshold ?? defaults?.success_threshold ?? 0.5,
  debounce: debounce ?? defaults?.debounce ?? 1,
});

async function train(source: string, folder: string, options: TrainOptions): Promise<void> {
  const { signal, release } = stopOnSignals((name) => terminal.print(stopNotice(name, "nothing is written")));
  const dataset = await Dataset.open(source);
  try {
    const given = options.config === undefined ? { model: {}, run: {} } : await readSettings(options.config);
    const model = { model_name: null, ...given.model, ...camerasOf(dataset, options), ...encoderOf(options) };
    const { steps, batchSize, seed } = { ...given.run, ...defined(options) };
    const { metrics, split } = await trainOnDataset(dataset, folder, {
      ...defined({ steps, batchSize, seed }),
      config: model,
      heldOutShare: options.heldOut,
      trained: options.headOnly ? "head" : "all",
      signal,
      onRead: showProgress("read", "episodes"),
      onProgress: showTraining(steps ?? 600),
    });
    terminal.end();
    terminal.result(`trained on ${split.training.length} episodes; on the ${split.heldOut.length} held out:`);
    for (const line of describeMetrics(metrics)) terminal.result(line);
    terminal.result(`${folder} holds the classifier: "handrail": {"reward_model": {"type": "reward_classifier", …}}`);
  } finally {
    release();
    await dataset.close();
  }
}

/** The options that are given. */
function defined<T extends object>(options: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}

function camerasOf(dataset: Dataset, { cameras }: TrainOptions): object {
  if (cameras === undefined) return {};
  const all = classifierConfigFor(dataset).input_features;
  const features = cameras.map((key) => {
    if (all[key] !== undefined) return [key, all[key]] as const;
    throw new Error(`the dataset has no camera "${key}"; it has ${Object.keys(all).join(", ")}`);
  });
  return { input_features: Object.fromEntries(features) };
}

const encoderOf = ({ encoder }: TrainOptions) => (encoder === undefined ? {} : { model_name: encoder });

/** Reads a classifier's config, or LeRobot's config of its training. */
async function readSettings(file: string) {
  const content = await readConfigFile(file);
  const block = content.reward_model ?? content.policy;
  const { type: _, name: __, ...model } = isPlainObject(block) ? block : content;
  if (!isPlainObject(block)) return { model, run: {} };
  const count = (key: string) => (Number.isSafeInteger(content[key]) ? (content[key] as number) : undefined);
  return { model, run: defined({ steps: count("steps"), batchSize: count("batch_size"), seed: count("seed") }) };
}

function showTraining(steps: number): (training: TrainingProgress) => void {
  return (training) => {
    if (training.phase === "encoding") {
      terminal.show({
        activity: "encoding images",
        share: training.done,
        count: `${Math.round(100 * training.done)} %`,
      });
      return;
    }
    const { step, loss, heldOutLoss } = training;
    const heldOut = heldOutLoss === undefined ? [] : [`held out ${heldOutLoss.toFixed(3)}`];
    terminal.show({ ...progress("training", step, steps, "steps"), details: [`loss ${loss.toFixed(3)}`, ...heldOut] });
  };
}

async function evaluate(place: string, source: string, options: EvalOptions): Promise<void> {
  const classifier = await load(place, options);
  const dataset = await Dataset.open(source);
  try {
    const episodes = options.episodes ?? [...dataset.episodes.keys()];
    const show = showProgress("read", "episodes");
    const examples = await readExamples(dataset, classifier.config, {
      episodes,
      onEpisode: (done) => show(done, episodes.length),
    });
    terminal.end();
    const metrics = measure(await judgeExamples(classifier, examples), decisionOf(classifier, options));
    for (const line of describeMetrics(metrics)) terminal.result(line);
    if (options.json !== undefined) await writeFileAtomic(options.json, `${JSON.stringify(metrics, null, 2)}\n`);
  } finally {
    await dataset.close();
    await classifier.close();
  }
}

function describeMetrics(metrics: ClassifierMetrics): string[] {
  const percent = (value: number | null) => (value === null ? "none" : `${(100 * value).toFixed(1)} %`);
  const { success_threshold, debounce, frames, episodes, successful_episodes, false_alarms } = metrics;
  const inARow = debounce === 1 ? "" : `, reached ${debounce} times in a row`;
  return [
    `threshold ${success_threshold}${inARow}`,
    `${episodes} episodes, ${successful_episodes} successful: recall ${percent(metrics.episode_recall)}, ` +
      `precision ${percent(metrics.episode_precision)}, ${false_alarms} false alarms`,
    `${frames} frames: recall ${percent(metrics.frame_recall)}, precision ${percent(metrics.frame_precision)}, ` +
      `${metrics.false_positives_per_1000.toFixed(1)} false positives in 1,000 without success`,
  ];
}
