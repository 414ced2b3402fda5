import { beforeEach, expect, test } from "vitest";
import { INPUT_TIMEOUT_MS } from "../../limits.ts";
import { ControlArbiter } from "./control_arbiter.ts";

let nowMs = 0;
let lost: string[];
let changes: number;
let arbiter: ControlArbiter;

beforeEach(() => {
  nowMs = 0;
  lost = [];
  changes = 0;
  arbiter = new ControlArbiter(
    { onChange: () => changes++, onLost: (client, reason) => lost.push(`${client} ${reason}`) },
    INPUT_TIMEOUT_MS,
    () => nowMs,
  );
  arbiter.join("a", "Ada");
  arbiter.join("b", "Bo");
});

test("two pages watch, one has control", () => {
  arbiter.take("a");
  expect(arbiter.holds("a")).toBe(true);
  expect(arbiter.holds("b")).toBe(false);
  expect(arbiter.state).toMatchObject({ watchers: 2, holder: { client: "a", name: "Ada" }, lost: null });
});

test("control is handed over only if the holder grants it", () => {
  arbiter.take("a");
  arbiter.take("b");
  expect(arbiter.holds("a")).toBe(true);
  expect(arbiter.state.requests).toEqual([{ client: "b", name: "Bo" }]);
  arbiter.answer("b", "b", true); // a page cannot grant its own request
  expect(arbiter.holds("a")).toBe(true);
  arbiter.answer("a", "b", false);
  expect(arbiter.state.requests).toEqual([]);
  arbiter.take("b");
  arbiter.answer("a", "b", true);
  expect(arbiter.holds("b")).toBe(true);
});

test("released control goes to the oldest request", () => {
  arbiter.take("a");
  arbiter.take("b");
  arbiter.release("a");
  expect(arbiter.holds("b")).toBe(true);
  expect(lost).toEqual([]);
});

test("a silent holder loses control, a sending one keeps it", () => {
  arbiter.take("a");
  nowMs = 5 * INPUT_TIMEOUT_MS; // within the grace period of a new holder
  arbiter.check();
  arbiter.heard("a");
  nowMs += INPUT_TIMEOUT_MS;
  arbiter.check();
  expect(arbiter.holds("a")).toBe(true);
  nowMs += 1;
  arbiter.heard("b"); // another page's input does not count
  arbiter.check();
  expect(arbiter.state).toMatchObject({ holder: null, lost: "silent" });
  expect(lost).toEqual(["a silent"]);
});

test("a holder that disconnects loses control; a watcher that disconnects changes nothing", () => {
  arbiter.take("a");
  arbiter.leave("b");
  expect(arbiter.holds("a")).toBe(true);
  arbiter.leave("a");
  expect(arbiter.state).toEqual({ holder: null, requests: [], watchers: 0, lost: "disconnected" });
  expect(lost).toEqual(["a disconnected"]);
});

test("a request ends with its page and with lost control", () => {
  arbiter.take("a");
  arbiter.take("b");
  arbiter.leave("a");
  expect(arbiter.state.requests).toEqual([]);
  expect(arbiter.state.holder).toBeNull();
});

test("pages that have not joined can't take control", () => {
  arbiter.take("nobody");
  expect(arbiter.state.holder).toBeNull();
});

test("a new holder that sends no input loses control", () => {
  arbiter.take("a");
  nowMs = 2000;
  arbiter.check();
  expect(lost).toEqual(["a silent"]);
});
