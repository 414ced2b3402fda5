import { expect, it } from "vitest";
import { TrainingStats } from "./training_stats.ts";

it("logs losses and extras under their names and gradient norms under the network's", () => {
  const stats = new TrainingStats({
    losses: { loss_critic: 1 },
    gradNorms: { critic: 2, actor: 3 },
    extra: { temperature: 4 },
  });
  expect(stats.toLogDict()).toEqual({ loss_critic: 1, critic_grad_norm: 2, actor_grad_norm: 3, temperature: 4 });
});

it("is empty for kinds that an update does not report", () => {
  expect(new TrainingStats({ losses: { loss_action: 1 } })).toMatchObject({ gradNorms: {}, extra: {} });
});
