import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseConfig } from "../config/parse.ts";
import { processorSteps, StepRegistry } from "./step_registry.ts";

/** Steps of LeRobot's environment pipelines, as its files contain them. */
const LEROBOT: Readonly<Record<string, object>> = {
  rename_observations_processor: { rename_map: { "observation.images.cam": "observation.images.front" } },
  to_batch_processor: {},
  device_processor: { device: "cpu", float_dtype: null },
  observation_processor: {},
  image_crop_resize_processor: {
    crop_params_dict: { "observation.images.front": [180, 250, 120, 150] },
    resize_size: [128, 128],
  },
  time_limit_processor: { max_episode_steps: 200 },
  intervention_action_processor: { use_gripper: true, terminate_on_success: false },
  gripper_penalty_processor: { penalty: -0.05, max_gripper_pos: 30 },
  gym_hil_adapter_processor: {},
};

describe("steps by their names", () => {
  it.each(Object.entries(LEROBOT))("%s is made from LeRobot's config of it", (registry_name, config) => {
    const entry = parseConfig(processorSteps.entrySchema, { registry_name, config });
    expect(entry).toEqual({ registry_name, config });
    const step = processorSteps.create(entry.registry_name, entry.config, {}, "test");
    expect(step.name).toBe(registry_name);
    // A person's action is a vector here, with or without a gripper, so that nothing depends on `use_gripper`.
    const { use_gripper: _, ...kept } = config as Readonly<Record<string, unknown>>;
    expect(step.config()).toMatchObject(kept);
  });

  it("get the defaults of their settings, and errors name the path", () => {
    const schema = z.strictObject({ steps: z.array(processorSteps.entrySchema) });
    const parse = (...steps: unknown[]) => parseConfig(schema, { steps });
    expect(parse({ registry_name: "gripper_penalty_processor" }).steps).toEqual([
      { registry_name: "gripper_penalty_processor", config: { penalty: -0.02, max_gripper_pos: 100 } },
    ]);
    expect(() => parse({ registry_name: "time_limit_procesor" })).toThrow(
      'steps[0].registry_name: unknown processor step "time_limit_procesor". Did you mean "time_limit_processor"?',
    );
    expect(() => parse({ registry_name: "time_limit_processor" })).toThrow(
      "steps[0].config.max_episode_steps: is required (a number)",
    );
    expect(() => parse({ registry_name: "device_processor", config: { devise: "cpu" } })).toThrow(
      'steps[0].config.devise: unknown key. Did you mean "device"?',
    );
    expect(() => parse({ registry_name: "device_processor", state_file: "x.safetensors" })).toThrow(
      "steps[0].state_file: unknown key",
    );
  });

  it("are registered once", () => {
    const registry = new StepRegistry();
    const type = { name: "mine", schema: z.strictObject({}), create: () => undefined as never };
    expect(() => registry.register(type).register(type)).toThrow('the processor step "mine" is already registered');
  });
});
