/** A recorded run as it lies on disk, read leniently: what a recording leaves out is inferred or not compared. */
import { readFile } from "node:fs/promises";
import { type SACAlgorithmConfig, SACAlgorithmConfigSchema } from "../../src/algorithms/sac/config.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { type GaussianActorConfig, GaussianActorConfigSchema } from "../../src/policies/gaussian_actor/config.ts";
import { loadSafetensors } from "../../src/tensor/safetensors/file.ts";
import type { TensorRecord } from "../../src/tensor/safetensors/layout.ts";

interface UpdateLog {
  readonly losses: Readonly<Record<string, number>>;
  readonly grad_norms?: Readonly<Record<string, number>>;
  readonly extra?: Readonly<Record<string, number>>;
  /** Per critic step, or one after the other. */
  readonly critic_subsets?: readonly number[] | readonly (readonly number[])[];
}

interface RecordingFile {
  readonly inputs: Readonly<Record<string, number[]>>;
  readonly continuous_action_dim: number;
  readonly num_discrete_actions?: number | null;
  readonly algorithm: Readonly<Record<string, unknown>> & { readonly hidden_dims?: number[] };
  readonly policy: Readonly<Record<string, unknown>>;
  readonly target_entropy?: number;
  readonly log: readonly UpdateLog[];
}

export interface Recording {
  readonly algorithm: SACAlgorithmConfig;
  readonly policy: GaussianActorConfig;
  readonly targetEntropy: number | undefined;
  readonly log: readonly UpdateLog[];
  /** The tensors whose names begin with `prefix`, by the rest of their names. */
  section(prefix: string): TensorRecord;
}

/** @param path Without extension: `NAME.json` and `NAME.safetensors` lie beside each other. */
export async function readRecording(path: string): Promise<Recording> {
  const file = JSON.parse(await readFile(`${path}.json`, "utf8")) as RecordingFile;
  const { tensors } = await loadSafetensors(`${path}.safetensors`);
  return {
    algorithm: algorithmConfig(file),
    policy: policyConfig(file),
    targetEntropy: file.target_entropy,
    log: file.log,
    section: (prefix) =>
      Object.fromEntries(
        Object.entries(tensors).flatMap(([name, tensor]) =>
          name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
        ),
      ),
  };
}

/** The subset that values the target of each critic step of an update. */
export function criticSubsets({ algorithm, log }: Recording, update: number): readonly (readonly number[])[] {
  const size = algorithm.num_subsample_critics ?? 1;
  const all = (log[update]?.critic_subsets ?? []).flat();
  return Array.from({ length: all.length / size }, (_, i) => all.slice(i * size, (i + 1) * size));
}

function algorithmConfig({ algorithm: { hidden_dims, ...algorithm } }: RecordingFile): SACAlgorithmConfig {
  return parseConfig(SACAlgorithmConfigSchema, {
    type: "sac",
    ...(hidden_dims && { critic_network_kwargs: { hidden_dims } }),
    ...algorithm,
  });
}

/** LeRobot's config from the recording's flat form. LeRobot freezes the image encoder unless told otherwise. */
function policyConfig({ inputs, policy, ...recording }: RecordingFile): GaussianActorConfig {
  const { std_min, std_max, init_final, policy_kwargs, ...rest } = policy;
  const distribution = Object.entries({ std_min, std_max, init_final }).filter(([, value]) => value !== undefined);
  return parseConfig(GaussianActorConfigSchema, {
    type: "gaussian_actor",
    input_features: Object.fromEntries(
      Object.entries(inputs).map(([key, shape]) => [key, { type: typeOf(key), shape }]),
    ),
    output_features: { action: { type: "ACTION", shape: [recording.continuous_action_dim] } },
    num_discrete_actions: recording.num_discrete_actions ?? null,
    freeze_vision_encoder: true,
    policy_kwargs: { ...(policy_kwargs as object), ...Object.fromEntries(distribution) },
    ...rest,
  });
}

function typeOf(key: string): string {
  if (key.startsWith("observation.image")) return "VISUAL";
  return key === "observation.environment_state" ? "ENV" : "STATE";
}
