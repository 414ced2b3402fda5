/** LeRobot's recorded updates and checkpoints, replayed. The same comparison runs on other recordings with `npm run parity`. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { replayCheckpoint } from "./checkpoint_fixture.ts";
import { type Deviation, isWithinTolerance } from "./deviation.ts";
import { replaySac } from "./sac_fixture.ts";

const data = (path: string) => fileURLToPath(new URL(`../data/${path}`, import.meta.url));

function expectWithinTolerance(deviations: readonly Deviation[]): void {
  expect(deviations.length).toBeGreaterThan(0);
  expect(deviations.filter((deviation) => !isWithinTolerance(deviation))).toEqual([]);
}

describe("a recorded run of LeRobot's SAC", () => {
  const recordings = readdirSync(data("sac_parity")).filter((name) => name.endsWith(".json"));

  it.each(recordings)("%s gives the same losses, gradient norms and weights here", async (name) => {
    expectWithinTolerance(await replaySac(data(`sac_parity/${name.replace(/\.json$/, "")}`)));
  });
});

describe("a checkpoint saved by LeRobot", () => {
  it("acts the same here, and is saved again with every tensor and alias", async () => {
    expectWithinTolerance(await replayCheckpoint(data("lerobot_checkpoints/shared_encoder")));
  });
});
