/** The environment ids of gym-hil and what sets them apart. */
import { didYouMean } from "../../utils/text/nearest.ts";
import { PandaEnv, type PandaVariant } from "./panda_env.ts";
import { ARM_STATE_NAMES, OBJECT_NAMES } from "./panda_world.ts";
import { ARRANGE_BOXES } from "./tasks/arrange_boxes_task.ts";
import { PICK_CUBE } from "./tasks/pick_cube_task.ts";
import type { TaskDefinition } from "./tasks/task.ts";

function family(name: string, task: TaskDefinition, plainPenalty: number): PandaVariant[] {
  return [
    { id: `${name}Base-v0`, task, action: "base", defaults: {} },
    { id: `${name}-v0`, task, action: "end_effector", defaults: { gripperPenalty: plainPenalty } },
    { id: `${name}Gamepad-v0`, task, action: "end_effector", defaults: { gripperPenalty: -0.02 } },
    { id: `${name}Keyboard-v0`, task, action: "end_effector", defaults: { gripperPenalty: -0.05 } },
  ];
}

export const PANDA_VARIANTS: readonly PandaVariant[] = [
  ...family("PandaPickCube", PICK_CUBE, -0.05),
  ...family("PandaArrangeBoxes", ARRANGE_BOXES, -0.02),
];

/**
 * An environment's task in words; undefined for an unknown id.
 *
 * @param id A leading `gym_hil/` is allowed.
 */
export function taskInWords(id: string | null | undefined): string | undefined {
  return variantOf(id)?.task.words;
}

/** Names of the elements of an environment's observations, by its own keys; none for an unknown id. */
export function elementNames(id: string | null | undefined): Readonly<Record<string, readonly string[]>> {
  if (variantOf(id) === undefined) return {};
  return { agent_pos: ARM_STATE_NAMES, environment_state: OBJECT_NAMES };
}

const variantOf = (id: string | null | undefined) =>
  PANDA_VARIANTS.find((known) => known.id === id?.replace(/^gym_hil\//, ""));

/**
 * `makeEnv` for a Panda environment, typed as one: for callers that watch it.
 *
 * @throws Error for an unknown id or option, naming it and the nearest known one.
 */
export async function makePandaEnv(id: string, options: Readonly<Record<string, unknown>> = {}): Promise<PandaEnv> {
  const variant = PANDA_VARIANTS.find((known) => known.id === id);
  if (variant === undefined) {
    const known = PANDA_VARIANTS.map((one) => one.id);
    throw new Error(`"${id}" is no Panda environment.${didYouMean(id, known)} Known: ${known.join(", ")}`);
  }
  return PandaEnv.create(variant, options);
}
