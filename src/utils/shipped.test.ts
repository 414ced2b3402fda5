import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { findShipped, shippedNames } from "./shipped.ts";

test.each(["pick_cube", "configs/pick_cube", "configs/pick_cube.json", "./configs/pick_cube.json", "pick_cube.json"])(
  "the config %s comes with the package",
  (name) => {
    expect(findShipped("configs", name)).toMatch(/configs.pick_cube\.json$/);
  },
);

test("policies are found by name or by the path in the documentation", () => {
  for (const name of ["pick_cube", "policies/pick_cube", "policies/pick_cube/"]) {
    expect(existsSync(`${findShipped("policies", name)}/model.safetensors`)).toBe(true);
  }
});

test.each(["none", "../package", "configs/../package", "owner/pick_cube", "/etc/pick_cube", "", "."])(
  "%j does not come with the package",
  (name) => {
    expect(findShipped("configs", name)).toBeUndefined();
    expect(findShipped("policies", name)).toBeUndefined();
  },
);

test("the names can be listed", () => {
  expect(shippedNames("configs")).toContain("pick_cube");
  expect(shippedNames("policies")).toContain("pick_cube");
});
