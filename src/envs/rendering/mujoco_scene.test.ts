import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Simulation } from "../panda_pick_cube/mujoco/simulation.ts";
import { MujocoScene } from "./mujoco_scene.ts";
import { ShapeType } from "./scene.ts";

const MJCF = `<mujoco>
  <statistic center="1 2 3" extent="0.7"/>
  <visual><headlight ambient="0.1 0.2 0.3" diffuse="0.4 0.4 0.4" specular="0.5 0.5 0.5"/></visual>
  <asset>
    <texture name="grid" type="2d" builtin="checker" rgb1="0.2 0.4 0.6" rgb2="1 1 1" width="32" height="32"/>
    <material name="grid" texture="grid" texrepeat="4 4" rgba="0.5 0.5 0.5 1" specular="0.25"/>
  </asset>
  <worldbody>
    <light pos="0 0 2" dir="0 0 -1" cutoff="30" exponent="3" diffuse="0.6 0.7 0.8"/>
    <camera name="eye" pos="1 0 1" fovy="50"/>
    <geom type="plane" size="0 0 1" material="grid"/>
    <geom type="sphere" size="0.5" rgba="1 0 0 0" pos="0 0 5"/>
    <geom type="box" size="1 1 1" group="3" pos="0 0 9"/>
    <body name="ball" pos="0 0 0.5"><freejoint/><geom type="capsule" size="0.1 0.2" rgba="0 0.5 1 0.25"/></body>
  </worldbody>
</mujoco>`;

describe("a scene read from MuJoCo", () => {
  let simulation: Simulation;
  let mujoco: MujocoScene;

  beforeAll(async () => {
    simulation = await Simulation.load(MJCF, 0.002);
    simulation.forward();
    mujoco = new MujocoScene(simulation.native.model);
    mujoco.update(simulation.native.data);
  });
  afterAll(() => simulation.close());

  it("holds the visible geoms only, with their sizes and materials", () => {
    const [floor, ball, ...rest] = mujoco.scene.geoms;
    expect(rest).toEqual([]);
    expect(floor?.shape).toBe(ShapeType.plane);
    expect(floor?.material.checker?.squareM).toBe(0.25);
    for (const [c, value] of [0.1, 0.2, 0.3].entries()) expect(floor?.material.color[c]).toBeCloseTo(value, 2);
    for (const c of [0, 1, 2]) expect(floor?.material.checker?.color[c]).toBeCloseTo(0.5, 2);
    expect(ball).toMatchObject({ shape: ShapeType.capsule, material: { color: [0, 0.5, 1], alpha: 0.25 } });
    expect(ball?.sizeM.slice(0, 2)).toEqual([0.1, 0.2]);
  });

  it("has the lights, the headlight, the camera and the focus of the model", () => {
    const { lights, headlight, focus } = mujoco.scene;
    expect(lights).toHaveLength(1);
    expect(lights[0]).toMatchObject({ cutoffDegrees: 30, exponent: 3 });
    expect(lights[0]?.diffuse[2]).toBeCloseTo(0.8, 6);
    expect([...lights[0]!.positionM, ...lights[0]!.direction]).toEqual([0, 0, 2, 0, 0, -1]);
    expect(headlight.ambient[1]).toBeCloseTo(0.2, 6);
    expect(mujoco.cameras.map((camera) => camera.verticalFieldOfViewDegrees)).toEqual([50]);
    expect([...mujoco.cameras[0]!.positionM]).toEqual([1, 0, 1]);
    expect(focus).toEqual({ centerM: [1, 2, 3], radiusM: 0.7 });
  });

  it("follows the simulation when it is updated, and not before", () => {
    const height = () => mujoco.scene.positionsM[5]!;
    expect(height()).toBeCloseTo(0.5, 9);
    for (let i = 0; i < 50; i++) simulation.step();
    expect(height()).toBeCloseTo(0.5, 9);
    mujoco.update(simulation.native.data);
    expect(height()).toBeLessThan(0.47);
  });

  it("is refused when a visible geom or a light is of a kind that can't be drawn, and says what to do", async () => {
    const unlit = await Simulation.load(MJCF.replace("<light ", '<light type="directional" '), 0.002);
    expect(() => new MujocoScene(unlit.native.model)).toThrow('light 0 is not a spot light; write <light type="spot"');
    unlit.close();
    const field = '<asset><hfield name="hills" nrow="2" ncol="2" size="1 1 1 1"/>';
    const bumpy = MJCF.replace("<asset>", field).replace(
      '<geom type="plane" size="0 0 1" material="grid"/>',
      '<geom type="hfield" hfield="hills"/>',
    );
    const hills = await Simulation.load(bumpy, 0.002);
    expect(() => new MujocoScene(hills.native.model)).toThrow("geom 0 has MuJoCo type 1, which cannot be drawn");
    hills.close();
  });
});
