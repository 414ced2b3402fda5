/** Checks that the demonstrations can be read and match the policy and the environment. */
import type { Dataset } from "../../../datasets/dataset.ts";
import { elementCount, isCamera } from "../../../datasets/schema/features.ts";
import { ACTION, REWARD } from "../../../datasets/schema/step_columns.ts";
import { checkDemonstrations } from "../../../learning/demonstrations/check_demonstrations.ts";
import { findMisfit } from "../../../learning/demonstrations/demonstrations.ts";
import { policyActions } from "../../../policies/registry.ts";
import { replayFeaturesOf } from "../../../settings/replay_features.ts";
import { type Check, error, type Finding, ok, warning } from "../check.ts";
import type { SetupContext } from "../setup_context.ts";

export const datasetCheck: Check = {
  name: "dataset",
  async run(setup) {
    const { dataset: named } = setup.config;
    if (named === null) return [];
    const dataset = await setup.dataset();
    if (dataset.state === "failed") return [error(`the dataset cannot be read: ${dataset.error.message}`)];
    if (dataset.state === "absent") return [absent(setup, named.repo_id)];
    const opened = dataset.value;
    const { errors, warnings, episodes } = await checkDemonstrations(opened, named);
    const todo = `\`handrail dataset validate ${opened.root}\` lists everything.`;
    if (errors.length > 0) return errors.map((what) => error(what, { todo }));
    const findings = [
      ...warnings.map((what) => warning(what, { todo })),
      ...observations(opened, setup),
      ...actions(opened, setup),
      ...(setup.isOffline ? [] : await rewards(opened)),
      ...rate(opened, setup),
    ];
    // Without actors, `batchesCheck` reads the values as the algorithm needs them.
    const isSound = !findings.some(({ level }) => level === "error");
    if (isSound && !setup.isOffline) findings.push(...(await numbers(opened, setup, episodes)));
    if (findings.length > 0) return findings;
    return [ok(`${opened.episodes.length} episodes, ${opened.length} frames, with the policy's features`)];
  },
};

function absent({ datasetFolder }: SetupContext, id: string): Finding {
  if (/^[\w.-]+\/[\w.-]+$/.test(id))
    return ok(`${id} is not on this machine yet: it is downloaded to ${datasetFolder}`);
  const todo = "Correct dataset.root, or write a Hub id (owner/name) as dataset.repo_id.";
  return error(`there is no dataset in ${datasetFolder}, and "${id}" is not a Hub id`, { todo });
}

function observations(dataset: Dataset, { policy, config }: SetupContext): Finding[] {
  const nameInDataset = new Map(Object.entries(config.rename_map).map(([name, key]) => [key, name]));
  return Object.entries(policy.input_features).flatMap(([key, { shape }]): Finding[] => {
    const name = nameInDataset.get(key) ?? key;
    const feature = dataset.features[name];
    if (feature === undefined) {
      const present = Object.keys(dataset.features).filter((other) => other.startsWith("observation"));
      const todo = "Map it in rename_map if it has another name, or record it.";
      return [error(`the dataset has no "${name}", an input of the policy; it has ${present.join(", ")}`, { todo })];
    }
    const stored = isCamera(feature) ? cameraShape(dataset, name) : feature.shape;
    if (isCamera(feature) ? stored.join() === shape.join() : elementCount(stored) === elementCount(shape)) return [];
    const todo = isCamera(feature)
      ? "Crop and resize the dataset with `handrail crop`."
      : "Correct policy.input_features.";
    return [error(`"${name}" is [${stored.join(", ")}] in the dataset, [${shape.join(", ")}] in the policy`, { todo })];
  });
}

function cameraShape(dataset: Dataset, name: string): readonly number[] {
  const { channels, height, width } = dataset.imageSize(name);
  return [channels, height, width];
}

function actions({ features }: Dataset, { policy }: SetupContext): Finding[] {
  const stored = features[ACTION];
  if (stored === undefined) return [error(`the dataset has no "${ACTION}": there is nothing to learn from`)];
  const { length } = policyActions(policy);
  if (elementCount(stored.shape) === length) return [];
  const why = "The gripper is one element more than policy.output_features.action when num_discrete_actions is set.";
  return [error(`actions have ${stored.shape.join(" × ")} elements in the dataset, ${length} in the policy`, { why })];
}

/** Checks values as training does: which are integers, and the action bounds, depend on the policy. */
async function numbers(dataset: Dataset, setup: SetupContext, episodes: readonly number[]): Promise<Finding[]> {
  const { config } = setup;
  const features = replayFeaturesOf(config);
  const misfit = await findMisfit(dataset, { features, renameMap: config.rename_map, episodes });
  return misfit === undefined
    ? []
    : [error(misfit, { todo: "Record actions that the policy can choose, or correct the policy." })];
}

async function rewards(dataset: Dataset): Promise<Finding[]> {
  if (dataset.features[REWARD] === undefined)
    return [error(`the dataset has no "${REWARD}": there is no learning signal`)];
  const highest = (await dataset.statistics())?.[REWARD]?.max[0];
  if (highest === undefined || highest > 0) return [];
  const why = "Demonstrations without a success give the critics no reward to learn from.";
  return [warning(`no reward in the dataset is above 0`, { why, todo: "Record episodes that reach the goal." })];
}

function rate({ info: { fps } }: Dataset, { env }: SetupContext): Finding[] {
  if (env === undefined || fps === env.fps) return [];
  const why = "An action then lasts longer in one than in the other, so the same action produces a different motion.";
  return [warning(`the dataset has ${fps} frames per second, env.fps is ${env.fps}`, { why })];
}
