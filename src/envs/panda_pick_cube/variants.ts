/** The environment ids of gym-hil and what sets them apart. */
import { ARRANGE_BOXES } from "./arrange_boxes_task.ts";
import type { PandaVariant } from "./panda_env.ts";
import { PICK_CUBE } from "./pick_cube_task.ts";
import type { TaskDefinition } from "./task.ts";

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
