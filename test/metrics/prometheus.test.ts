import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type MetricsServer, prometheusRegistry, RunEvents, serveMetrics } from "../../src/metrics/index.ts";
import {
  action,
  actor,
  checkpoint,
  episode,
  evaluation,
  finished,
  learner,
  notice,
  started,
  training,
} from "./events.ts";

let events: RunEvents;
let server: MetricsServer;
beforeEach(async () => {
  events = new RunEvents();
  server = await serveMetrics(prometheusRegistry(events), { port: 0 });
});
afterEach(() => server.close());

/** Sample lines by name and labels, as the text format has them. */
async function scrape(): Promise<Record<string, number>> {
  const lines = (await (await fetch(server.url)).text()).split("\n").filter((line) => line && !line.startsWith("#"));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );
}

describe("the metrics of a run over HTTP", () => {
  it("follow its events, in base units", async () => {
    for (const event of [started(), actor(), learner(), evaluation(), checkpoint(), finished()]) events.emit(event);
    expect(await scrape()).toMatchObject({
      'handrail_run_info{run_id="run",version="1.0.0"}': 1,
      'handrail_actor_control_jitter_seconds{actor="left",quantile="0.99"}': 0.004,
      'handrail_actor_policy_seconds{actor="left",quantile="0.5"}': 0.00025,
      'handrail_actor_outbox_bytes{actor="left"}': 700,
      'handrail_actor_state{actor="left",state="running"}': 1,
      'handrail_actor_state{actor="left",state="holding"}': 0,
      handrail_learner_updates_per_second: 100,
      'handrail_learner_buffer_transitions{buffer="offline"}': 400,
      handrail_learner_refused_records: 3,
      handrail_learner_missing_records: 2,
      handrail_learner_quarantined_records: 1,
      handrail_learner_free_disk_bytes: 4e9,
      handrail_evaluation_success_ratio: 0.5,
      handrail_evaluation_cycle_time_seconds: 1.2,
      handrail_checkpoints_total: 1,
      handrail_checkpoint_timestamp_seconds: 1_700_000_006,
      'handrail_run_finished{reason="solved"}': 1,
    });
  });

  it("drop an actor that has been silent for long, and the longest silent of too many", async () => {
    const time_s = 1_700_000_000;
    const isOf = (name: string) => (key: string) => key.includes(`actor="${name}"`);
    const names = async () => {
      const keys = Object.keys(await scrape());
      return ["left", "right"].map((name) => keys.filter(isOf(name)).length);
    };
    for (const name of ["left", "right"]) {
      events.emit(actor({ time_s, actor: name }));
      for (const outcome of ["success", "time_limit"] as const) {
        events.emit(episode({ time_s, actor: name, outcome }));
        events.emit(episode({ time_s, actor: name, outcome, correction: true, intervention_steps: 3 }));
      }
    }
    const [all] = await names();
    expect(all).toBeGreaterThan(20);
    events.emit(actor({ time_s: time_s + 600 }));
    expect(await names()).toEqual([all, all]);
    events.emit(learner({ time_s: time_s + 1000 }));
    expect(await names()).toEqual([all, 0]);
    for (let i = 0; i < 500; i++) events.emit(actor({ time_s: time_s + 1001, actor: `flood ${i}` }));
    const kept = Object.keys(await scrape()).filter((key) => key.startsWith("handrail_actor_connected{"));
    expect(kept.length).toBe(128);
    expect(kept).toContain('handrail_actor_connected{actor="flood 499"}');
  });

  it("keep autonomous and assisted results apart", async () => {
    events.emit(episode({ outcome: "failure" }));
    events.emit(episode({ intervention_steps: 5 }));
    expect(await scrape()).toMatchObject({
      'handrail_episodes_total{actor="left",outcome="failure",assisted="false"}': 1,
      'handrail_episodes_total{actor="left",outcome="success",assisted="true"}': 1,
      handrail_autonomous_success_ratio: 0,
      handrail_assisted_success_ratio: 1,
      handrail_intervention_ratio: 0.25,
      'handrail_intervention_steps_total{actor="left"}': 5,
      'handrail_episode_steps_total{actor="left"}': 20,
    });
  });

  it("have no success rate before the first episode of that kind", async () => {
    events.emit(episode({ intervention_steps: 5 }));
    expect(await scrape()).not.toHaveProperty("handrail_autonomous_success_ratio");
    expect(await scrape()).not.toHaveProperty("handrail_evaluation_success_ratio");
    events.emit(episode());
    expect(await scrape()).toHaveProperty("handrail_autonomous_success_ratio", 1);
  });

  it("count an episode once, and its correction beside it", async () => {
    events.emit(episode());
    events.emit(episode({ outcome: "failure", correction: true }));
    const samples = await scrape();
    expect(samples['handrail_episodes_total{actor="left",outcome="success",assisted="false"}']).toBe(1);
    expect(samples['handrail_episode_corrections_total{actor="left"}']).toBe(1);
    expect(samples.handrail_autonomous_success_ratio).toBe(0);
  });

  it("have the algorithm's metrics by name, also of a diverging run", async () => {
    events.emit(training({ metrics: { loss_critic: Number.POSITIVE_INFINITY, entropy: Number.NaN, q_mean: 2 } }));
    const text = await (await fetch(server.url)).text();
    expect(text).toContain('handrail_training{metric="loss_critic"} +Inf');
    expect(text).toMatch(/^handrail_training\{metric="entropy"\} nan$/im);
    expect(text).toContain('handrail_training{metric="q_mean"} 2');
  });

  it("count environment steps forward, back only where a run resumes", async () => {
    const steps = async () => (await scrape()).handrail_environment_steps;
    events.emit(episode({ interaction_step: 50 }));
    events.emit(notice({ interaction_step: 0 }));
    expect(await steps()).toBe(50);
    events.emit(started({ interaction_step: 40, resumed_from: "checkpoints/000080" }));
    expect(await steps()).toBe(40);
  });

  it("count actions and notices", async () => {
    for (const event of [action(), action(), notice({ level: "error" })]) events.emit(event);
    expect(await scrape()).toMatchObject({
      'handrail_actions_total{by="person",name="pause_actor"}': 2,
      'handrail_notices_total{level="error"}': 1,
    });
  });

  it("include the memory of the process", async () => {
    expect((await scrape()).process_resident_memory_bytes).toBeGreaterThan(1e6);
  });
});

describe("the metrics server", () => {
  it("listens on loopback and declares its content type", async () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const response = await fetch(server.url, { method: "HEAD" });
    expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  });

  it("refuses other paths and methods with a reason", async () => {
    const elsewhere = await fetch(new URL("/", server.url));
    expect([elsewhere.status, await elsewhere.text()]).toEqual([404, "metrics are at /metrics\n"]);
    expect((await fetch(server.url, { method: "POST" })).status).toBe(405);
  });

  it("names an address that is taken", async () => {
    const port = Number(new URL(server.url).port);
    await expect(serveMetrics(prometheusRegistry(events), { port })).rejects.toThrow(
      `cannot listen on port ${port} of 127.0.0.1: another program uses it`,
    );
  });
});
