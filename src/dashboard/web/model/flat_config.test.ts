import { expect, test } from "vitest";
import { flatConfig, searched } from "./flat_config.ts";

const CONFIG = { policy: { discount: 0.97, dims: [256, 256] }, job_name: "cube", env: {} };
const DEFAULTS = { policy: { discount: 0.99, dims: [256, 256] }, job_name: null, env: {} };

test("a config becomes lines of dotted keys, with differences from the defaults marked", () => {
  const lines = flatConfig(CONFIG, DEFAULTS);
  expect(lines.map(({ key, value }) => `${key}=${value}`)).toEqual([
    "policy.discount=0.97",
    "policy.dims=[256,256]",
    'job_name="cube"',
    "env={}",
  ]);
  expect(lines.filter(({ isChanged }) => isChanged).map(({ key, standard }) => `${key}: ${standard}`)).toEqual([
    "policy.discount: 0.99",
    "job_name: null",
  ]);
});

test("without defaults no value counts as changed", () => {
  expect(flatConfig(CONFIG, null).some(({ isChanged }) => isChanged)).toBe(false);
});

test("a search finds lines that contain every word in key or value", () => {
  const lines = flatConfig(CONFIG, null);
  expect(searched(lines, "POLICY 0.97").map(({ key }) => key)).toEqual(["policy.discount"]);
  expect(searched(lines, "  ")).toHaveLength(4);
});
