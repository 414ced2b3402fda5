/** Checks that the dataset can provide the algorithm's batches, and how often each step is drawn. */
import { makeAlgorithm } from "../../../../algorithms/registry.ts";
import { assertServes } from "../../../../data/batch_source.ts";
import { openDatasetSource } from "../../../../learning/demonstrations/open_dataset_source.ts";
import { makePolicy } from "../../../../policies/registry.ts";
import { Random } from "../../../../tensor/random.ts";
import { type Check, error, type Finding, ok, warning } from "../../check.ts";
import type { SetupContext } from "../../setup_context.ts";

export const batchesCheck: Check = {
  name: "batches",
  async run(setup) {
    const { config } = setup;
    const dataset = await setup.dataset();
    if (!setup.isOffline || dataset.state !== "there" || config.dataset === null) return [];
    const { spec, batchesPerUpdate } = await needsOf(setup);
    // Reads the local dataset, not the Hub's.
    const local = { ...config, dataset: { ...config.dataset, root: dataset.value.root } };
    try {
      const source = await openDatasetSource({ config: local, spec, random: new Random(0), warn: () => {} });
      try {
        assertServes(source, config.algorithm.type, spec);
        return amounts(config, source.size, batchesPerUpdate);
      } finally {
        await source.close();
      }
    } catch (cause) {
      return [error((cause as Error).message)];
    }
  },
};

/** Makes the algorithm to learn its data needs. Pretrained weights do not affect them, so none are fetched. */
async function needsOf({ config }: SetupContext) {
  const encoder = "vision_encoder_name" in config.policy ? { vision_encoder_name: null } : {};
  const policy = await makePolicy({ ...config.policy, ...encoder }, { random: new Random(0) });
  const algorithm = makeAlgorithm(config.algorithm, policy, { random: new Random(0) });
  const { dataSpec = {}, batchesPerUpdate } = algorithm;
  await Promise.all([algorithm.dispose(), policy.dispose()]);
  return { spec: dataSpec, batchesPerUpdate };
}

function amounts({ steps, batch_size }: SetupContext["config"], size: number, batchesPerUpdate: number): Finding[] {
  const drawn = steps * batch_size * batchesPerUpdate;
  if (batch_size > size) {
    const why = "Every batch holds the same steps several times.";
    return [warning(`batch_size is ${batch_size}, and the dataset has ${size} steps`, { why, todo: "Lower it." })];
  }
  if (drawn < size) {
    const why = `${drawn} of the dataset's ${size} steps would be seen.`;
    const enough = Math.ceil(size / (batch_size * batchesPerUpdate));
    return [
      warning(`steps is ${steps}, and batch_size ${batch_size}`, { why, todo: `Write ${enough} steps or more.` }),
    ];
  }
  return [ok(`${size} steps give every row that the algorithm asks for, each about ${Math.round(drawn / size)} times`)];
}
