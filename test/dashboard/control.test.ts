/** Taking, losing and handing over control, and the entries in the run's log. */
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Dashboard, startDashboard } from "../../src/dashboard/server/start_dashboard.ts";
import { PATIENT } from "../until.ts";
import { BareRun } from "./bare_run.ts";
import { PageSocket } from "./page_socket.ts";
import { Stopwatch } from "./stopwatch.ts";

let run: BareRun;
let dashboard: Dashboard;
let webFolder: string;

beforeEach(async () => {
  run = new BareRun();
  webFolder = mkdtempSync(`${tmpdir()}/handrail-web-`);
  dashboard = await startDashboard({ run, port: 0, webFolder });
});
afterEach(async () => {
  await dashboard.close();
  await rm(webFolder, { recursive: true, force: true });
});

const steering = () => run.teleoperator.getTeleopEvents().isIntervention;

test("the person in control steers; a held key keeps steering until it is released", async () => {
  const page = await PageSocket.open(dashboard.port);
  await page.drive([0, 1, 0]);
  await vi.waitFor(() => expect(steering()).toBe(true), PATIENT);
  expect([...run.teleoperator.getAction()]).toEqual([0, 1, 0, 1]);
  page.fallSilent();
  page.input([0, 0, 0]);
  await vi.waitFor(() => expect(steering()).toBe(false), PATIENT);
  expect(run.done).toEqual([]);
});

test("a connection that breaks releases control within 200 ms, and the robot holds", async () => {
  const page = await PageSocket.open(dashboard.port);
  const other = await PageSocket.open(dashboard.port, "Bo");
  await page.drive([1, 0, 0]);
  await vi.waitFor(() => expect(steering()).toBe(true), PATIENT);
  const stopwatch = new Stopwatch();
  page.vanish();
  await other.until("control", ({ control }) => control.lost === "disconnected");
  expect(stopwatch.stop()).toBeLessThan(200);
  expect(steering()).toBe(false);
  expect(run.done).toEqual(["hold"]);
  expect(run.loggedActions).toEqual(["control_lost"]);
});

test("a page that goes silent loses control within 200 ms, and the robot holds", async () => {
  const page = await PageSocket.open(dashboard.port);
  await page.drive([1, 0, 0]);
  await vi.waitFor(() => expect(steering()).toBe(true), PATIENT);
  page.fallSilent();
  const stopwatch = new Stopwatch();
  const { control } = await page.until("control", (message) => message.control.lost !== null);
  expect(stopwatch.stop()).toBeLessThan(200);
  expect(control.lost).toBe("silent");
  expect(run.done).toEqual(["hold"]);
});

test("on a real robot a silent page in control stops it even without input", async () => {
  const page = await PageSocket.open(dashboard.port);
  await page.drive();
  page.fallSilent();
  await page.until("stop", ({ stop }) => stop.active && stop.reason === "silent");
  expect(run.done).toEqual(["hold"]);
});

test("a page that releases control hands back to the policy, and the robot continues", async () => {
  const page = await PageSocket.open(dashboard.port);
  await page.drive([1, 0, 0]);
  await vi.waitFor(() => expect(steering()).toBe(true), PATIENT);
  const watcher = await PageSocket.open(dashboard.port, "Bo");
  page.fallSilent();
  page.send({ type: "release_control" });
  await vi.waitFor(() => expect(steering()).toBe(false), PATIENT);
  watcher.messages.length = 0;
  await page.close();
  await watcher.until("control", ({ control }) => control.watchers === 1);
  expect(run.done).toEqual([]);
});

test("closing a page releases control; if it was steering, the robot holds", async () => {
  const watcher = await PageSocket.open(dashboard.port, "Bo");
  const page = await PageSocket.open(dashboard.port);
  await page.drive();
  await page.close();
  await watcher.until("control", ({ control }) => control.watchers === 1 && control.holder === null);
  expect(run.done).toEqual([]);
  const steeringPage = await PageSocket.open(dashboard.port);
  await steeringPage.drive([0, 0, 1]);
  await vi.waitFor(() => expect(steering()).toBe(true), PATIENT);
  await steeringPage.close();
  await watcher.until("control", ({ control }) => control.lost === "disconnected");
  expect(run.done).toEqual(["hold"]);
});

test("a goodbye before the connection breaks releases control; if the page was steering, the robot holds", async () => {
  const watcher = await PageSocket.open(dashboard.port, "Bo");
  const goodbye = async (page: PageSocket) => {
    const { client } = await page.next("welcome");
    const { status } = await fetch(`http://127.0.0.1:${dashboard.port}/goodbye?client=${client}`, { method: "POST" });
    expect(status).toBe(204);
    page.vanish();
  };
  const leaving = await PageSocket.open(dashboard.port);
  await leaving.drive();
  watcher.messages.length = 0;
  await goodbye(leaving);
  await watcher.until("control", ({ control }) => control.watchers === 1 && control.holder === null);
  expect(run.done).toEqual([]);
  expect(run.loggedActions).toEqual([]);
  const steeringPage = await PageSocket.open(dashboard.port);
  await steeringPage.drive([0, 0, 1]);
  await vi.waitFor(() => expect(steering()).toBe(true), PATIENT);
  await goodbye(steeringPage);
  await watcher.until("control", ({ control }) => control.lost === "disconnected");
  expect(run.done).toEqual(["hold"]);
});

test("control is handed over if the page in control grants the request", async () => {
  const ada = await PageSocket.open(dashboard.port, "Ada");
  const bo = await PageSocket.open(dashboard.port, "Bo");
  await ada.drive();
  bo.send({ type: "take_control" });
  const { control } = await ada.until("control", (message) => message.control.requests.length > 0);
  const asking = control.requests[0]!;
  expect(asking.name).toBe("Bo");
  ada.send({ type: "answer_request", client: asking.client, grant: true });
  await ada.until("control", (message) => message.control.holder?.client === asking.client);
  expect(run.done).toEqual([]);
  ada.send({ type: "command", id: 7, command: { name: "pause_actor" } });
  await ada.until("refused", ({ message }) => message === "Take control first.");
});

test("every page can stop the robot; only the page in control can release the stop", async () => {
  const ada = await PageSocket.open(dashboard.port, "Ada");
  const bo = await PageSocket.open(dashboard.port, "Bo");
  await ada.drive([1, 0, 0]);
  bo.send({ type: "stop" });
  await ada.until("stop", ({ stop }) => stop.active);
  expect(run.done).toEqual(["hold"]);
  ada.input([1, 0, 0]);
  ada.send({ type: "command", id: 1, command: { name: "undo_label" } });
  await ada.next("result"); // the earlier messages have been received
  expect(steering()).toBe(false); // held keys do not move a stopped robot
  bo.send({ type: "release_stop" });
  await bo.next("refused");
  ada.send({ type: "release_stop" });
  await ada.until("stop", ({ stop }) => !stop.active);
  expect(run.done).toEqual(["hold", "release"]);
  expect(run.loggedActions).toEqual(["emergency_stop", "release_stop"]);
});

test("every action is executed, answered and logged with the person's name", async () => {
  const page = await PageSocket.open(dashboard.port, "Ada");
  await page.drive();
  page.send({ type: "command", id: 1, command: { name: "pause_actor" } });
  page.send({ type: "command", id: 2, command: { name: "save_checkpoint" } });
  page.send({ type: "command", id: 3, command: { name: "undo_label" } });
  page.send({ type: "command", id: 4, command: { name: "set_intervention_rate", rate: 0.5 } });
  const answer = async (id: number) => (await page.until("result", (result) => result.id === id)).message;
  expect(await answer(2)).toBe("Saved checkpoints/0000010.");
  expect(await answer(3)).toBe("there is no label to undo");
  expect(await answer(4)).toBe("this run does not support a scripted operator");
  expect(run.done).toEqual(["pause actor", "save"]);
  expect(run.loggedActions).toEqual(["pause_actor", "save_checkpoint"]);
  expect(run.logged[0]).toMatchObject({ by: "person", detail: { page: "Ada" } });
});

test("a label reaches the next control step, once", async () => {
  const page = await PageSocket.open(dashboard.port);
  await page.drive();
  page.send({ type: "label", label: "success" });
  await vi.waitFor(() => expect(run.loggedActions).toEqual(["label_success"]), PATIENT);
  expect(run.teleoperator.getTeleopEvents().success).toBe(true);
  expect(run.teleoperator.getTeleopEvents().success).toBe(false);
});

test("the latency of an input is measured and reported to its page", async () => {
  const page = await PageSocket.open(dashboard.port);
  await page.drive([1, 0, 0]);
  await vi.waitFor(() => expect(steering()).toBe(true), PATIENT);
  const { sent_ms, waited_ms } = await page.next("applied");
  expect(performance.now() - sent_ms).toBeGreaterThan(0);
  expect(waited_ms).toBeGreaterThanOrEqual(0);
});

test("a page that opens later receives earlier events", async () => {
  run.events.emit({ type: "training", interaction_step: 5, step: 10, metrics: { loss_critic: 0.5 } });
  const page = await PageSocket.open(dashboard.port);
  const { history, capabilities, mode } = await page.next("welcome");
  expect(history).toMatchObject([{ type: "training", step: 10 }]);
  expect(mode).toBe("live");
  expect(capabilities).toEqual(["drive", "stop", "actor", "learner", "labels"]);
  run.events.emit({ type: "training", interaction_step: 6, step: 12, metrics: { loss_critic: 0.25 } });
  await page.until("events", ({ events }) => events.some((event) => event.type === "training" && event.step === 12));
});
