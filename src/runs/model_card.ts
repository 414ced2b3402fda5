/** Writes a policy's model card, README.md: task, results, training, evaluation and limits. */
import { basename, join } from "node:path";
import { yamlLibrary } from "../config/yaml.ts";
import { type GymManipulatorConfig, GymManipulatorConfigSchema } from "../envs/gym_manipulator/config.ts";
import type { EvaluationReport } from "../metrics/run_event.ts";
import { policyActions } from "../policies/registry.ts";
import { describeReport } from "../rollout/evaluation/describe_report.ts";
import type { TrainRLServerPipelineConfig } from "../settings/config.ts";
import { runSettingsOf } from "../settings/run_settings.ts";
import { writeFileAtomic } from "../utils/files/write_file_atomic.ts";
import { EVALUATION_FILE } from "./evaluation/load_policy.ts";

export interface ModelCard {
  readonly trainConfig: TrainRLServerPipelineConfig;
  /** Report of these weights. */
  readonly report: EvaluationReport;
  /** The title. Default: the folder's name. */
  readonly name?: string;
  /** The task, as a sentence. */
  readonly task?: string;
  /** Environment steps of all actors, without demonstrations. */
  readonly interactionSteps?: number;
  /** Number of demonstrated episodes. */
  readonly demonstrations?: number;
  /** Wall-clock time from the first step to these weights. */
  readonly trainingTimeS?: number;
}

/**
 * Writes `README.md`, with front matter for the Hub, and the report as `evaluation.json` next to the weights.
 *
 * @param folder of the policy, such as a checkpoint's `pretrained_model`.
 */
export async function writeModelCard(folder: string, card: ModelCard): Promise<void> {
  await writeFileAtomic(join(folder, EVALUATION_FILE), `${JSON.stringify(card.report, null, 2)}\n`);
  await writeFileAtomic(join(folder, "README.md"), renderModelCard({ name: basename(folder), ...card }));
}

type NamedCard = ModelCard & Required<Pick<ModelCard, "name">>;

/** The text of a card. */
export function renderModelCard(card: NamedCard): string {
  const environment = environmentOf(card);
  const sections = [
    `# ${card.name}`,
    card.task ?? `A policy for ${environment?.task ?? "a robot"}.`,
    section("How well it does", howWell(card)),
    section("How it was trained", howTrained(card, environment)),
    section("How to evaluate it", howToRun(card)),
    section("Limits", limits(card, environment)),
  ];
  return `---\n${yamlLibrary().stringify(frontMatter(card, environment))}---\n\n${sections.join("\n\n")}\n`;
}

/** @see https://huggingface.co/docs/hub/model-cards#model-card-metadata */
function frontMatter({ name, trainConfig, report }: NamedCard, environment: GymManipulatorConfig | undefined) {
  const { tags, license } = runSettingsOf(trainConfig).hub;
  const place = environment?.task ?? environment?.name;
  return {
    library_name: "handrail",
    pipeline_tag: "robotics",
    ...(license !== null && { license }),
    tags: [
      ...new Set([
        "robotics",
        "reinforcement-learning",
        trainConfig.policy.type,
        trainConfig.algorithm.type,
        ...(tags ?? []),
      ]),
    ],
    ...(trainConfig.dataset && { datasets: [trainConfig.dataset.repo_id] }),
    ...(place && {
      "model-index": [
        {
          name,
          results: [
            {
              task: { type: "reinforcement-learning", name: "reinforcement-learning" },
              dataset: { name: place, type: place },
              metrics: [{ type: "success_rate", name: "autonomous success rate", value: report.success_rate }],
            },
          ],
        },
      ],
    }),
  };
}

function howWell({ report }: NamedCard): string {
  const rows = describeReport(report).map(([label, text]) => [
    label,
    label === "weights" ? `SHA-256 \`${text}\`` : text,
  ]);
  const explained =
    "Success counts only episodes in which the policy alone steered. The interval is Wilson's. " +
    `All numbers are in \`${EVALUATION_FILE}\`.`;
  return `${table(rows)}\n\n${explained}`;
}

function howTrained(card: NamedCard, environment: GymManipulatorConfig | undefined): string {
  const { trainConfig, report, interactionSteps, demonstrations, trainingTimeS } = card;
  const { algorithm, dataset, seed, batch_size } = trainConfig;
  const { continuous, discrete } = policyActions(trainConfig.policy);
  const gripper = discrete === null ? "" : ` and ${discrete} gripper commands`;
  const settings = Object.entries(algorithm).filter(([key, value]) => HIGHLIGHTS.has(key) && value !== null);
  const optional = (label: string, text: string | undefined): string[][] => (text === undefined ? [] : [[label, text]]);
  const rows = [
    ["algorithm", `${algorithm.type} (${settings.map(([key, value]) => `${key} ${value}`).join(", ")})`],
    ["batch size", String(batch_size)],
    ["seed", String(seed)],
    ["observations", Object.entries(trainConfig.policy.input_features).map(describeFeature).join("; ")],
    ["actions", `${continuous} continuous${gripper}`],
    ...optional("control rate", environment && `${environment.fps} Hz`),
    ...optional("demonstrations", demonstrations === undefined ? undefined : `${demonstrations} episodes`),
    ...optional("dataset", dataset?.repo_id),
    ...optional("environment steps", interactionSteps?.toLocaleString("en-US")),
    ...optional("optimisation steps", report.step?.toLocaleString("en-US")),
    ...optional("wall clock", trainingTimeS === undefined ? undefined : `${trainingTimeS.toFixed(0)} s`),
  ];
  return `${table(rows)}\n\nEvery setting is in \`train_config.json\`.`;
}

const HIGHLIGHTS = new Set(["discount", "temperature_init", "utd_ratio", "num_critics", "target_entropy"]);

const describeFeature = ([key, { shape }]: [string, { readonly shape: readonly number[] }]): string =>
  `\`${key}\` [${shape.join(", ")}]`;

function howToRun({ report }: NamedCard): string {
  const { episodes, seed, deterministic } = report;
  const flags = `--episodes=${episodes} --seed=${seed}${deterministic ? "" : " --stochastic"}`;
  return (
    `In this folder:\n\n\`\`\`sh\nnpx handrail eval --policy=. ${flags}\n\`\`\`\n\n` +
    "It plays the episodes above again and prints the hash of the weights to compare. The files are in LeRobot's layout: " +
    "`config.json`, `model.safetensors` and the two pipelines load there too."
  );
}

function limits({ report }: NamedCard, environment: GymManipulatorConfig | undefined): string {
  const low = (100 * report.success_interval[0]).toFixed(1);
  const points = [
    `A success rate as low as ${low} % is compatible with this evaluation.`,
    environment?.name === "gym_hil"
      ? "It was trained and evaluated in simulation only. Nothing is known of a real robot: contacts, delays and what the " +
        "sensors report are different there."
      : "It was evaluated in one place. Another table, light or object is another task.",
    "It knows nothing of people or obstacles. On a machine that can injure people, limits on workspace, speed and force must " +
      "be enforced elsewhere.",
  ];
  return points.map((point) => `- ${point}`).join("\n");
}

function environmentOf({ trainConfig }: ModelCard): GymManipulatorConfig | undefined {
  return GymManipulatorConfigSchema.safeParse(trainConfig.env).data;
}

function section(title: string, text: string): string {
  return `## ${title}\n\n${text}`;
}

function table(rows: readonly (readonly (string | undefined)[])[]): string {
  const escaped = rows.map(([label, text]) => `| ${label} | ${text!.replaceAll("|", "\\|")} |`);
  return ["| | |", "|---|---|", ...escaped].join("\n");
}
