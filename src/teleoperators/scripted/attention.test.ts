import { expect, test } from "vitest";
import { Random } from "../../tensor/random.ts";
import { Attention } from "./attention.ts";
import { scriptedOperatorSchema } from "./options.ts";
import type { Glance } from "./perception.ts";

const glance = (toolHeight: number, object: [number, number, number] = [0.4, 0, 0.02]): Glance => ({
  tool: [0.4, 0, toolHeight],
  object,
  fingerOpening: 1,
});

function attention(options: Record<string, unknown> = {}): Attention {
  const watching = new Attention(scriptedOperatorSchema.parse(options), new Random(3));
  watching.startEpisode(glance(0.3), true);
  return watching;
}

test("steady progress is left alone", () => {
  const watching = attention();
  for (let i = 0; i < 25; i++) expect(watching.update(glance(0.3 - 0.01 * i))).toBe(false);
});

test("standing still is tolerated for as long as patience lasts", () => {
  const watching = attention({ patienceSteps: 6 });
  const steers = Array.from({ length: 9 }, () => watching.update(glance(0.3)));
  // The first look sets what the others are compared with.
  expect(steers).toEqual([false, false, false, false, false, false, true, true, true]);
});

test("movement within the noise is not progress", () => {
  const watching = attention({ patienceSteps: 6 });
  const steers = Array.from({ length: 7 }, (_, i) => watching.update(glance(0.3 - 0.001 * i)));
  expect(steers.at(-1)).toBe(true);
});

test("lifting counts as progress although the tool comes no closer", () => {
  const watching = attention({ patienceSteps: 6 });
  for (let i = 0; i < 20; i++) {
    const height = 0.02 + 0.004 * i;
    expect(watching.update({ tool: [0.4, 0, height], object: [0.4, 0, height], fingerOpening: 0.4 })).toBe(false);
  }
});

test.each([
  ["the far border", [0.54, 0, 0.02]],
  ["the near border", [0.26, 0, 0.02]],
  ["the left border", [0.4, 0.19, 0.02]],
  ["the right border", [0.4, -0.19, 0.02]],
] as [string, [number, number, number]][])("a cube at %s is a reason to act at once", (_, object) => {
  expect(attention().update(glance(0.3, object))).toBe(true);
});

test("an intervention lasts no longer than its bound", () => {
  const watching = attention({ patienceSteps: 2, maxInterventionSteps: 5 });
  const steers = Array.from({ length: 200 }, () => watching.update(glance(0.3)));
  const runs = steers
    .map(Number)
    .join("")
    .split("0")
    .map((run) => run.length);
  expect(Math.max(...runs)).toBe(5);
});

test("a rate of zero never steers; a rate between steers in about that share of cases", () => {
  const idle = attention({ patienceSteps: 1, interventionRate: 0 });
  for (let i = 0; i < 50; i++) expect(idle.update(glance(0.3))).toBe(false);
  let taken = 0;
  const watching = attention({ patienceSteps: 1, interventionRate: 0.3 });
  for (let i = 0; i < 2000; i++) {
    watching.startEpisode(glance(0.3), true);
    watching.update(glance(0.3));
    if (watching.update(glance(0.3))) taken++;
  }
  expect(taken / 2000).toBeGreaterThan(0.25);
  expect(taken / 2000).toBeLessThan(0.35);
});

test("the rate decays with every episode down to its minimum", () => {
  const watching = attention({ interventionRate: 0.8, interventionDecay: 0.5, minInterventionRate: 0.15 });
  const rates = [watching.rate];
  for (let i = 0; i < 3; i++) {
    watching.startEpisode(glance(0.3), false);
    rates.push(watching.rate);
  }
  expect(rates).toEqual([0.8, 0.4, 0.2, 0.15]);
});
