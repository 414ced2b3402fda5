/** Remote actors in the learner's log and metrics. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { prometheusRegistry } from "../../src/metrics/prometheus/run_metrics.ts";
import { RunEvents } from "../../src/metrics/run_events.ts";
import { runRemoteActor } from "../../src/runs/run_remote_actor.ts";
import { toInteraction } from "../../src/spec/actor_report.ts";
import { GrpcTransport } from "../../src/transport/grpc/grpc_transport.ts";
import { smallConfig } from "../actor/acting.ts";
import { freePort } from "../transport/free_port.ts";
import { PATIENCE_S, until } from "../until.ts";
import { startLearner } from "./running.ts";

test("the state, episodes and notices of a remote actor are in the learner's log and metrics", async () => {
  const folder = await mkdtemp(join(tmpdir(), "handrail-remote-"));
  const port = await freePort();
  const config = await smallConfig([
    ...[`--output_dir=${folder}`, `--policy.actor_learner_config.learner_port=${port}`],
    ...["--handrail.pacing=real_time", "--env.fps=50", "--handrail.watchdog.max_parameters_age_s=4"],
    "--policy.online_step_before_learning=100000",
  ]);
  const metricsEvents = new RunEvents();
  const registry = prometheusRegistry(metricsEvents, { processMetrics: false });
  const { learner, events, log } = await startLearner(config, {}, new GrpcTransport({ host: "127.0.0.1", port }));
  const stopping = new AbortController();
  const acting = runRemoteActor({ config, events: new RunEvents(), name: "left arm", signal: stopping.signal });
  try {
    // It holds as soon as its weights are 4 s old: before any training there are no newer ones.
    await until(() => events("actor").some(({ state }) => state === "holding"), "the arm holds");
    stopping.abort();
    const { steps } = await acting;
    await until(() => events("actor").at(-1)?.state === "stopped", "it is stopped");

    const own = events("actor");
    expect(new Set(own.map(({ actor, connected }) => `${actor} ${connected}`))).toEqual(new Set(["left arm true"]));
    expect(Math.max(...own.map(({ policy_p99_ms }) => policy_p99_ms))).toBeGreaterThan(0);
    expect(Math.max(...own.map(({ control_frequency_hz }) => control_frequency_hz))).toBeGreaterThan(0);
    expect(events("episode").map(({ actor }) => actor)).toContain("left arm");
    const notices = events("notice").filter(({ source }) => source === "left arm");
    expect(notices.map(({ message }) => message).join()).toContain("the robot holds its position");
    await until(() => learner.progress.interactionStep === steps, "every step has arrived");

    const flood = await new GrpcTransport({ host: "127.0.0.1", port }).createActor();
    const notice = toInteraction({ kind: "notice", actor: "flood", level: "error", message: "!" });
    for (let i = 0; i < 1000; i++) await flood.sendInteraction(notice);
    await flood.flush(PATIENCE_S);
    await until(
      () => events("notice").some(({ message }) => /came too fast and were left out so far/.test(message)),
      "a flood is reported as a count",
    );
    expect(events("notice").filter(({ source }) => source === "flood").length).toBeLessThan(300);
    await flood.close(0);

    for (const event of log) metricsEvents.emit(event);
    const metrics = await registry.metrics();
    expect(metrics).toMatch(/handrail_actor_control_jitter_seconds\{actor="left arm",quantile="0.99"\} \d/);
    expect(metrics).toContain('handrail_actor_state{actor="left arm",state="stopped"} 1');
  } finally {
    stopping.abort();
    await acting.catch(() => {});
    await learner.stop();
    await rm(folder, { recursive: true });
  }
});
