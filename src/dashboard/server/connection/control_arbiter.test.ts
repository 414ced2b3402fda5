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

test("two may watch, one drives", () => {
  arbiter.take("a");
  expect(arbiter.holds("a")).toBe(true);
  expect(arbiter.holds("b")).toBe(false);
  expect(arbiter.state).toMatchObject({ watchers: 2, holder: { client: "a", name: "Ada" }, lost: null });
});

test("a held control is handed over only when its holder agrees", () => {
  arbiter.take("a");
  arbiter.take("b");
  expect(arbiter.holds("a")).toBe(true);
  expect(arbiter.state.requests).toEqual([{ client: "b", name: "Bo" }]);
  arbiter.answer("b", "b", true); // nobody grants himself
  expect(arbiter.holds("a")).toBe(true);
  arbiter.answer("a", "b", false);
  expect(arbiter.state.requests).toEqual([]);
  arbiter.take("b");
  arbiter.answer("a", "b", true);
  expect(arbiter.holds("b")).toBe(true);
});

test("who lets go hands over to who asked first", () => {
  arbiter.take("a");
  arbiter.take("b");
  arbiter.release("a");
  expect(arbiter.holds("b")).toBe(true);
  expect(lost).toEqual([]);
});

test("a silent holder loses control, a talking one keeps it", () => {
  arbiter.take("a");
  nowMs = 5 * INPUT_TIMEOUT_MS; // a new holder has time to begin
  arbiter.check();
  arbiter.heard("a");
  nowMs += INPUT_TIMEOUT_MS;
  arbiter.check();
  expect(arbiter.holds("a")).toBe(true);
  nowMs += 1;
  arbiter.heard("b"); // somebody else's sign of life is none of the holder's
  arbiter.check();
  expect(arbiter.state).toMatchObject({ holder: null, lost: "silent" });
  expect(lost).toEqual(["a silent"]);
});

test("a holder that vanishes loses control; a watcher that vanishes changes nothing", () => {
  arbiter.take("a");
  arbiter.leave("b");
  expect(arbiter.holds("a")).toBe(true);
  arbiter.leave("a");
  expect(arbiter.state).toEqual({ holder: null, requests: [], watchers: 0, lost: "disconnected" });
  expect(lost).toEqual(["a disconnected"]);
});

test("a request outlives neither its page nor a lost control", () => {
  arbiter.take("a");
  arbiter.take("b");
  arbiter.leave("a");
  expect(arbiter.state.requests).toEqual([]);
  expect(arbiter.state.holder).toBeNull();
});

test("strangers can't take control", () => {
  arbiter.take("nobody");
  expect(arbiter.state.holder).toBeNull();
});

test("a new holder that never begins loses control, too", () => {
  arbiter.take("a");
  nowMs = 2000;
  arbiter.check();
  expect(lost).toEqual(["a silent"]);
});
