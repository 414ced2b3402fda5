import { expect, test } from "vitest";
import { curvesCsv } from "./csv.ts";
import { Curves } from "./curves.ts";

test("a run without actors has updates in place of environment steps", () => {
  const curves = new Curves();
  const common = { time_s: 1, interaction_step: 0 };
  const start = { run_id: "r", version: "0", config: {}, resumed_from: null };
  curves.add({ type: "run_started", ...common, ...start, offline_step: 0 });
  curves.add({ type: "training", ...common, step: 7, metrics: { loss: 0.5 } });
  const evaluation = { interaction_step: 0, policy_step: 7, successes: 3, episodes: 4 };
  expect(curvesCsv(curves, [{ ...evaluation, interval: [0.3, 0.95] }]).split("\r\n")).toEqual([
    ...["curve,update,value", "loss,7,0.5", "evaluation,7,0.75", "evaluation_low,7,0.3", "evaluation_high,7,0.95", ""],
  ]);
});

test("every value of every curve is a line, evaluations and their intervals included", () => {
  const curves = new Curves();
  const common = { time_s: 1, interaction_step: 40 };
  curves.add({ type: "training", ...common, step: 7, metrics: { loss_critic: 0.5, 'odd,"name"': 2, "=1+1": 3 } });
  const evaluation = {
    interaction_step: 40,
    policy_step: 7,
    successes: 3,
    episodes: 4,
    interval: [0.3, 0.95],
  } as const;
  expect(curvesCsv(curves, [{ ...evaluation, interval: [...evaluation.interval] }]).split("\r\n")).toEqual([
    "curve,environment_step,value",
    "loss_critic,40,0.5",
    '"odd,""name""",40,2',
    "'=1+1,40,3",
    "evaluation,40,0.75",
    "evaluation_low,40,0.3",
    "evaluation_high,40,0.95",
    "",
  ]);
});
