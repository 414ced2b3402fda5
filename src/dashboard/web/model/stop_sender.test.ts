import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { StopSender } from "./stop_sender.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function stopSender(answers: (boolean | Error)[]) {
  const sent: string[] = [];
  const posted: string[] = [];
  let posts = 0;
  const one = new StopSender({
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

it("sends a stop over the socket, and not over HTTP once it is confirmed", async () => {
  const { one, sent, posts } = stopSender([true]);
  one.stop("stop 1");
  one.confirmed();
  await vi.advanceTimersByTimeAsync(5000);
  one.opened();
  expect([sent, posts()]).toEqual([["stop 1"], 0]);
});

it("retries over HTTP and over every new socket until one of them confirms", async () => {
  const { one, sent, posted, posts } = stopSender([new Error("no line"), false, true]);
  one.stop("stop 1");
  await vi.advanceTimersByTimeAsync(700);
  one.opened();
  await vi.advanceTimersByTimeAsync(5000);
  one.opened();
  expect([sent, posts(), posted]).toEqual([["stop 1", "stop 1"], 3, ["stop 1"]]);
});
