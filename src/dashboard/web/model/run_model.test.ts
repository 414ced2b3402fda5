import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ServerMessage } from "../../protocol.ts";
import { RunModel } from "./run_model.ts";

const CONTROL = { holder: null, requests: [], watchers: 1, lost: null };
const WELCOME: ServerMessage = {
  ...{ type: "welcome", protocol: 1, client: "page-1", mode: "live", run_name: "run", capabilities: ["drive"] },
  ...{ control_frequency_hz: 10, has_gripper: true, scene: null, cameras: [], config: {}, history: [], traces: [] },
  ...{ control: CONTROL, stop: { active: false, reason: null } },
  ...{ recording: false, intervention_rate: null, recordings: [] },
};

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("twelve hours of events leave the page as large as one", () => {
  const model = new RunModel(() => {});
  model.receive(WELCOME);
  const sizes: number[] = [];
  for (let hour = 0; hour < 12; hour++) {
    for (let i = 0; i < 2000; i++) {
      const n = hour * 2000 + i;
      const common = { time_s: n, interaction_step: 10 * n };
      model.receive({
        type: "events",
        events: [
          { ...common, type: "training", step: n, metrics: { loss_critic: n, entropy: 1 } },
          {
            ...{ ...common, type: "episode", actor: "actor", episode: n, episodic_return: 1, episode_length: 10 },
            ...{ outcome: "success", intervention_steps: 0, duration_s: 1 },
          },
          { ...common, type: "notice", level: "info", source: "test", message: "hello" },
        ],
      });
      const trace = { episode: n, length: 10, episodic_return: 1, interventions: [], outcome: null, undone: false };
      model.receive({ type: "trace", trace });
    }
    sizes.push(JSON.stringify([model.log, model.traces, [...model.curves.training]]).length);
  }
  expect(model.curves.episodes).toBe(24_000);
  expect(model.log.length).toBeLessThanOrEqual(200);
  expect(sizes.at(-1)!).toBeLessThan(1.6 * sizes[0]!);
});

test("a page that lost control because it was silent is told so", () => {
  const model = new RunModel(() => {});
  model.receive(WELCOME);
  model.receive({ type: "control", control: { ...CONTROL, holder: { client: "page-1", name: "Ada" } } });
  expect(model.inControl).toBe(true);
  model.receive({ type: "control", control: { ...CONTROL, lost: "silent" } });
  expect(model.inControl).toBe(false);
  expect(model.notices.map(({ text }) => text)).toEqual([
    "Control was released: this page fell silent. The robot holds.",
  ]);
});

test("a trace that changes replaces itself", () => {
  const model = new RunModel(() => {});
  model.receive(WELCOME);
  const trace = { episode: 7, length: 1, episodic_return: 0, interventions: [], outcome: null, undone: false };
  model.receive({ type: "trace", trace });
  model.receive({ type: "trace", trace: { ...trace, length: 2 } });
  expect(model.traces).toEqual([{ ...trace, length: 2 }]);
});
