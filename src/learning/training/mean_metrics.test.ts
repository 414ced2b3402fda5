import { expect, it } from "vitest";
import { MeanMetrics } from "./mean_metrics.ts";

it("averages each number over the updates that reported it, and begins anew when taken", () => {
  const metrics = new MeanMetrics();
  metrics.add({ loss_critic: 1 });
  metrics.add({ loss_critic: 3, loss_actor: -4 });
  expect(metrics.take()).toEqual({ loss_critic: 2, loss_actor: -4 });
  expect(metrics.take()).toEqual({});
  metrics.add({ loss_critic: 5 });
  expect(metrics.take()).toEqual({ loss_critic: 5 });
});
