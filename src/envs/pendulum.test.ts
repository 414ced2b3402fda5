import { describe, expect, it } from "vitest";
import { Pendulum } from "./pendulum.ts";

const torque = (value: number) => Float32Array.of(value);
const upright = { options: { x_init: 0, y_init: 0 } };

async function rollout(env: Pendulum, torques: readonly number[]) {
  const steps = [];
  for (const value of torques) steps.push(await env.step(torque(value)));
  return steps;
}

describe("Pendulum-v1", () => {
  it("moves and pays as the equations say, worked out by hand from upright rest with a torque of 2", async () => {
    const env = new Pendulum();
    await env.reset(upright);
    const [first, second, third] = await rollout(env, [2, 2, -5]);
    // θ̇ = 3·2·0.05 = 0.3, θ = 0.3·0.05 = 0.015; cost 0.001·2².
    expect(first!.reward).toBeCloseTo(-0.004, 12);
    expect(first!.observation["observation.state"]).toEqual(Float32Array.of(Math.cos(0.015), Math.sin(0.015), 0.3));
    // θ̇ = 0.3 + (15·sin 0.015 + 6)·0.05, sin 0.015 = 0.0149994375; cost 0.015² + 0.1·0.3² + 0.004.
    expect(second!.reward).toBeCloseTo(-0.013225, 12);
    expect(second!.observation["observation.state"]![2]).toBeCloseTo(0.611249578, 6);
    // θ = 0.015 + 0.05·0.611249578 = 0.0455624789; a torque of −5 counts as −2.
    expect(third!.reward).toBeCloseTo(-(0.0455624789 ** 2 + 0.1 * 0.611249578 ** 2 + 0.004), 8);
    expect(third!.observation["observation.state"]![2]).toBeCloseTo(
      0.611249578 + (15 * Math.sin(0.0455624789) - 6) * 0.05,
      6,
    );
  });

  it("stays in balance for ever, at no cost, when nothing pushes it", async () => {
    const env = new Pendulum();
    await env.reset(upright);
    for (const { reward } of await rollout(env, new Array(200).fill(0))) expect(Math.abs(reward)).toBe(0);
  });

  it("measures the angle from upright the short way round, however often it has turned", async () => {
    const env = new Pendulum(1);
    await env.reset();
    let previous: ArrayLike<number> = [0, 0, 0];
    // Pushing along with the motion swings it up and then round and round.
    for (let i = 0; i < 200; i++) {
      const push = i === 0 ? 0 : 2 * Math.sign(previous[2]!);
      const { observation, reward } = await env.step(torque(push));
      if (i > 0) {
        const cost = Math.atan2(previous[1]!, previous[0]!) ** 2 + 0.1 * previous[2]! ** 2 + 0.001 * push ** 2;
        expect(-reward).toBeCloseTo(cost, 4);
      }
      previous = observation["observation.state"]!;
      expect(Math.abs(previous[2]!)).toBeLessThanOrEqual(8);
    }
    expect(Math.abs(previous[2]!)).toBeGreaterThan(4);
  });

  it("is cut short after 200 steps and never terminates; then and before the first reset, a step is an error", async () => {
    const env = new Pendulum();
    await expect(env.step(torque(0))).rejects.toThrow("call reset()");
    await env.reset({ seed: 3 });
    const steps = await rollout(env, new Array(200).fill(0));
    expect(steps.every(({ terminated }) => !terminated)).toBe(true);
    expect(steps.map(({ truncated }) => truncated).indexOf(true)).toBe(199);
    await expect(env.step(torque(0))).rejects.toThrow("call reset()");
    await env.reset();
    expect((await env.step(torque(0))).truncated).toBe(false);
  });

  it("refuses actions that are not one finite torque and stays usable", async () => {
    const env = new Pendulum();
    await env.reset(upright);
    for (const bad of [
      Float32Array.of(Number.NaN),
      Float32Array.of(Infinity),
      new Float32Array(2),
      new Float32Array(0),
    ]) {
      await expect(env.step(bad)).rejects.toThrow("must be one finite torque");
    }
    expect((await env.step(torque(0))).observation["observation.state"]).toEqual(Float32Array.of(1, 0, 0));
  });

  it("repeats itself for equal seeds, and starts all over the circle", async () => {
    const starts = async (env: Pendulum, seed?: number) => {
      const first = await env.reset(seed === undefined ? {} : { seed });
      const second = await env.reset();
      return [first, second].map(({ observation }) => observation["observation.state"]);
    };
    const reseeded = await starts(new Pendulum(9), 5);
    expect(reseeded).toEqual(await starts(new Pendulum(5)));
    expect(reseeded[0]).not.toEqual(reseeded[1]);

    const env = new Pendulum(7);
    const quadrants = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const [cos, sin, speed] = (await env.reset()).observation["observation.state"]!;
      quadrants.add(`${Math.sign(cos!)} ${Math.sign(sin!)}`);
      expect(Math.abs(speed!)).toBeLessThanOrEqual(1);
    }
    expect(quadrants.size).toBe(4);
  });

  it("hands out arrays that it never writes to again", async () => {
    const env = new Pendulum();
    const state = (await env.reset({ seed: 1 })).observation["observation.state"]!;
    const copy = state.slice();
    await env.step(torque(2));
    expect(state).toEqual(copy);
  });

  it.each([{ x_init: -1 }, { y_init: Number.NaN }])("refuses to start from %j", async (options) => {
    await expect(new Pendulum().reset({ options })).rejects.toThrow("must be a finite number ≥ 0");
  });
});
