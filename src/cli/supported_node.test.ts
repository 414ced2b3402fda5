import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { OLDEST_NODE, unsupportedNode } from "./supported_node.ts";

describe("the check of Node's version", () => {
  it.each(["4.9.1", "18.20.4", "20.0.0", "20.18.3", "20.18.3-nightly"])("turns away %s in one line", (version) => {
    expect(unsupportedNode(version)).toBe(`Handrail needs Node 20.19 or newer; this is ${version}.`);
  });

  it.each(["20.19.0", "20.19.0-rc.1", "21.0.0", "22.6.0", "100.0.0"])("accepts %s", (version) => {
    expect(unsupportedNode(version)).toBeUndefined();
  });

  it.each([undefined, "", "canary", "24", "x.y.z"])(
    "does not stumble over the version %j of another runtime",
    (version) => {
      expect(unsupportedNode(version)).toBeUndefined();
    },
  );

  it("wants what package.json wants", () => {
    const { engines } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));
    expect(engines.node).toBe(`>=${OLDEST_NODE.join(".")}.0`);
  });
});
