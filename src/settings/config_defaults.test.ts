import { expect, test } from "vitest";
import { configDefaults } from "./config_defaults.ts";
import { loadTrainingConfig } from "./load_training_config.ts";

test("the defaults of a config are those of its types", async () => {
  const config = await loadTrainingConfig("configs/pick_cube.json");
  const defaults = configDefaults(config);
  expect(Object.keys(defaults!).sort()).toEqual(Object.keys(config).sort());
  expect(defaults).toMatchObject({ batch_size: 8, job_name: null, policy: { type: config.policy.type } });
});

test("a config of an unknown type has no known defaults", () => {
  expect(configDefaults({ policy: { type: "no such policy" } })).toBeNull();
  expect(configDefaults({})).toBeNull();
});
