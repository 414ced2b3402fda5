import { expect, test } from "vitest";
import { envIds, makeEnv, registerEnv } from "./make_env.ts";
import { Pendulum } from "./pendulum.ts";

test("an unknown id is answered with the nearest one and all that are known", async () => {
  await expect(makeEnv("PandaPickCbe-v0")).rejects.toThrow(
    /unknown environment "PandaPickCbe-v0"\. Did you mean "PandaPickCube-v0"\? Known: .*Pendulum-v1/,
  );
});

test("gym-hil's prefix is understood", async () => {
  const env = await makeEnv("gym_hil/PandaPickCube-v0");
  expect(env.id).toBe("PandaPickCube-v0");
  await env.close();
});

test("an unknown option names the environment and the nearest option", async () => {
  await expect(makeEnv("PandaPickCube-v0", { image_ob: true })).rejects.toThrow(
    /PandaPickCube-v0: image_ob: unknown key/,
  );
  await expect(makeEnv("Pendulum-v1", { sed: 1 })).rejects.toThrow('Did you mean "seed"?');
});

test("a plug-in registers an environment once", async () => {
  registerEnv("Mine-v0", async () => new Pendulum());
  expect(envIds()).toContain("Mine-v0");
  expect((await makeEnv("Mine-v0")).id).toBe("Pendulum-v1");
  expect(() => registerEnv("Mine-v0", async () => new Pendulum())).toThrow('"Mine-v0" is already registered');
});
