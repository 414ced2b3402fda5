import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ServerMessage } from "../../protocol.ts";
import { RunModel } from "./run_model.ts";

const CONTROL = { holder: null, requests: [], watchers: 1, lost: null };
const WELCOME: ServerMessage = {
  type: "welcome",
  protocol: 1,
  client: "page-1",
  mode: "live",
  run_name: "run",
  capabilities: ["drive"],
  control_frequency_hz: 10,
  has_gripper: true,
  scene: null,
  cameras: [],
  config: {},
  history: [],
  traces: [],
  control: CONTROL,
  stop: { active: false, reason: null },
  recording: false,
  intervention_rate: null,
  recordings: [],
};

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("the model does not grow over twelve hours of events", () => {
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
            ...common,
            type: "episode",
            actor: "actor",
            episode: n,
            episodic_return: 1,
            episode_length: 10,
            outcome: "success",
            intervention_steps: 0,
            duration_s: 1,
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

test("a page that loses control because of its silence shows a notice", () => {
  const model = new RunModel(() => {});
  model.receive(WELCOME);
  model.receive({ type: "control", control: { ...CONTROL, holder: { client: "page-1", name: "Ada" } } });
  expect(model.inControl).toBe(true);
  model.receive({ type: "control", control: { ...CONTROL, lost: "silent" } });
  expect(model.inControl).toBe(false);
  expect(model.notices.map(({ text }) => text)).toEqual([
    "Control was lost: this page did not respond. The robot holds.",
  ]);
});

test("episodes are counted per actor, with the outcome of the latest", () => {
  const model = new RunModel(() => {});
  model.receive(WELCOME);
  const end = (actor: string, episode: number, outcome: "success" | "failure", correction = false) => ({
    ...({ type: "episode", time_s: 0, interaction_step: 0, episodic_return: 1, episode_length: 10 } as const),
    actor,
    episode,
    outcome,
    correction,
    intervention_steps: 0,
    duration_s: 1,
  });
  model.receive({
    type: "events",
    events: [
      end("left", 1, "success"),
      end("right", 1, "success"),
      end("left", 2, "success"),
      end("left", 2, "failure", true),
    ],
  });
  // A late correction does not concern the latest episode.
  model.receive({ type: "events", events: [end("left", 1, "failure", true)] });
  expect([...model.actorEpisodes]).toEqual([
    ["left", { count: 2, latest: "failure" }],
    ["right", { count: 1, latest: "success" }],
  ]);
});

test("a changed trace replaces the earlier one of its episode", () => {
  const model = new RunModel(() => {});
  model.receive(WELCOME);
  const trace = { episode: 7, length: 1, episodic_return: 0, interventions: [], outcome: null, undone: false };
  model.receive({ type: "trace", trace });
  model.receive({ type: "trace", trace: { ...trace, length: 2 } });
  expect(model.traces).toEqual([{ ...trace, length: 2 }]);
});

test("the run's time is the server's active time, not the time since the first event", () => {
  const model = new RunModel(() => {});
  const notice = { type: "notice", level: "info", source: "test", message: "", interaction_step: 0 } as const;
  model.receive({
    ...WELCOME,
    history: [
      { ...notice, time_s: 0 },
      { ...notice, time_s: 1740 },
    ],
  } as ServerMessage);
  expect(model.elapsedS).toBeUndefined();
  model.receive({ type: "heartbeat", interaction_step: 0, active_seconds: 90 });
  expect(model.elapsedS).toBe(90);
});

test("a second welcome keeps an unchanged scene object and replaces a changed one", () => {
  const model = new RunModel(() => {});
  const scene = { bodies: 1, geoms: [], focus: { center_m: [0, 0, 0], radius_m: 1 } };
  const welcome = (radius_m: number) =>
    ({ ...WELCOME, scene: { ...scene, focus: { ...scene.focus, radius_m } } }) as ServerMessage;
  model.receive(welcome(1));
  const first = model.facts?.scene;
  model.receive(welcome(1));
  expect(model.facts?.scene).toBe(first);
  model.receive(welcome(2));
  expect(model.facts?.scene?.focus.radius_m).toBe(2);
});
