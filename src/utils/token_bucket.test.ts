import { expect, it } from "vitest";
import { TokenBucket, TokenBuckets } from "./token_bucket.ts";

it("allows a burst, then a fixed rate", () => {
  let nowMs = 0;
  const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, () => nowMs);
  const taken = () => [1, 2, 3, 4].filter(() => bucket.tryTake()).length;
  expect(taken()).toBe(3);
  nowMs += 1000;
  expect(taken()).toBe(2);
  nowMs += 3600_000;
  expect(taken()).toBe(3);
});

it("reports the wait for tokens taken in advance", () => {
  let nowMs = 0;
  const bucket = new TokenBucket({ burst: 10, perSecond: 5 }, () => nowMs);
  bucket.takeAhead(10);
  expect(bucket.waitS).toBe(0);
  bucket.takeAhead(20);
  expect(bucket.waitS).toBe(4);
  nowMs += 3000;
  expect(bucket.waitS).toBe(1);
});

it("keeps the most recently used keys, up to its limit", () => {
  const buckets = new TokenBuckets({ burst: 1, perSecond: 1 }, 2, () => 0);
  expect([buckets.of("a").tryTake(), buckets.of("b").tryTake(), buckets.of("a").tryTake()]).toEqual([
    true,
    true,
    false,
  ]);
  buckets.of("c");
  expect([buckets.of("a").tryTake(), buckets.of("b").tryTake()]).toEqual([false, true]);
});
