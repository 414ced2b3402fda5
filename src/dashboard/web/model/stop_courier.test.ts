import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { StopCourier } from "./stop_courier.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function courier(answers: (boolean | Error)[]) {
  const sent: string[] = [];
  const posted: string[] = [];
  let posts = 0;
  const one = new StopCourier({
    send: (text) => void sent.push(text),
    post: async () => {
      const answer = answers[Math.min(posts++, answers.length - 1)]!;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    onPosted: (text) => void posted.push(text),
  });
  return { one, sent, posted, posts: () => posts };
}

it("sends a stop over the socket, and over no other way once that confirms it", async () => {
  const { one, sent, posts } = courier([true]);
  one.stop("stop 1");
  one.confirmed();
  await vi.advanceTimersByTimeAsync(5000);
  one.opened();
  expect([sent, posts()]).toEqual([["stop 1"], 0]);
});

it("tries HTTP again and again while nobody confirms, and every new socket, until one of them does", async () => {
  const { one, sent, posted, posts } = courier([new Error("no line"), false, true]);
  one.stop("stop 1");
  await vi.advanceTimersByTimeAsync(700);
  one.opened();
  await vi.advanceTimersByTimeAsync(5000);
  one.opened();
  expect([sent, posts(), posted]).toEqual([["stop 1", "stop 1"], 3, ["stop 1"]]);
});
