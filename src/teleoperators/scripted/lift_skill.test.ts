import { expect, test } from "vitest";
import { GRIPPER_CLOSE, GRIPPER_OPEN, GRIPPER_STAY } from "../../envs/panda_pick_cube/control/gripper_command.ts";
import { Random } from "../../tensor/random.ts";
import { LiftSkill } from "./lift_skill.ts";
import type { Glance } from "./perception.ts";

const CUBE = [0.4, 0.1, 0.02] as const;
const seen = (tool: [number, number, number], fingerOpening = 1, object: Glance["object"] = CUBE): Glance => ({
  tool,
  object,
  fingerOpening,
});
const skill = () => new LiftSkill(new Random(1));

test("a low hand far away rises before it crosses the table", () => {
  const { moveM } = skill().decide(seen([0.5, -0.1, 0.03]));
  expect(moveM[0]).toBe(0);
  expect(moveM[1]).toBe(0);
  expect(moveM[2]).toBeGreaterThan(0);
});

test("closed fingers are opened on the way, open ones left alone", () => {
  expect(skill().decide(seen([0.4, 0, 0.2], 0)).gripper).toBe(GRIPPER_OPEN);
  expect(skill().decide(seen([0.4, 0, 0.2], 1)).gripper).toBe(GRIPPER_STAY);
});

test("over the cube it descends, at the cube it closes once, then it lifts", () => {
  const lifting = skill();
  expect(lifting.decide(seen([0.4, 0.1, 0.09])).moveM[2]).toBeLessThan(0);
  expect(lifting.stage).toBe("descend");
  const grips = Array.from({ length: 4 }, () => lifting.decide(seen([0.4, 0.1, 0.025], 0.42)).gripper);
  expect(grips).toEqual([GRIPPER_CLOSE, GRIPPER_STAY, GRIPPER_STAY, GRIPPER_STAY]);
  expect(lifting.decide(seen([0.4, 0.1, 0.025], 0.42)).moveM[2]).toBeGreaterThan(0);
  expect(lifting.stage).toBe("lift");
});

test("fingers that close on nothing try again", () => {
  const lifting = skill();
  lifting.decide(seen([0.4, 0.1, 0.09]));
  for (let i = 0; i < 4; i++) lifting.decide(seen([0.4, 0.1, 0.025]));
  expect(lifting.decide(seen([0.4, 0.1, 0.025], 0.02)).gripper).toBe(GRIPPER_OPEN);
  expect(lifting.stage).toBe("approach");
});

test("a cube that stays behind while lifting is gone back for", () => {
  const lifting = skill();
  lifting.decide(seen([0.4, 0.1, 0.09]));
  for (let i = 0; i < 5; i++) lifting.decide(seen([0.4, 0.1, 0.025], 0.42));
  expect(lifting.stage).toBe("lift");
  lifting.decide(seen([0.4, 0.1, 0.09], 0.42));
  expect(lifting.stage).toBe("approach");
});
