/** Finished images: shadows, translucency, smooth edges, and no nonsense. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { type Camera, type Scene, ShapeType } from "../../src/envs/rendering/scene.ts";
import { SceneRenderer, type SceneRendererOptions } from "../../src/envs/rendering/scene_renderer.ts";
import { FLOOR, geom, lookAt, MATTE, makeScene, marchThrough, spotLight, type Vector } from "./scenes.ts";

const SIZE = { widthPx: 48, heightPx: 48 };

function render(scene: Scene, camera: Camera, options: Partial<SceneRendererOptions> = {}): Uint8Array {
  const renderer = new SceneRenderer(scene, { ...SIZE, ...options });
  const image = new Uint8Array((options.widthPx ?? 48) * (options.heightPx ?? 48) * 3);
  renderer.beginFrame();
  renderer.render(camera, image);
  return image;
}

const RED = { ...MATTE, color: [0.8, 0.2, 0.2] } as const;
const BALL = geom(ShapeType.sphere, [0.1, 0, 0], [0, 0, 0.3], { material: RED });
const BLOCK = geom(ShapeType.box, [0.05, 0.05, 0.05], [0.25, 0.1, 0.05], { material: RED });
const LAMP = spotLight([-0.5, 0.6, 1.3], [0.6, -0.6, -1.2]);
const OVERHEAD = lookAt([0.1, -0.3, 1.4], [0.05, 0, 0], 50);

describe("shadows", () => {
  const casters = [BALL, BLOCK];
  const scene = makeScene([FLOOR, ...casters], [LAMP]);
  const withShadows = render(scene, OVERHEAD, { shadowMapPx: 512 });
  const without = render(scene, OVERHEAD, { shadows: false });

  /** The floor point under a pixel, if the pixel sees the floor. */
  function floorPoint(column: number, row: number): Vector | undefined {
    const { positionM, rotation, verticalFieldOfViewDegrees } = OVERHEAD;
    const slope = Math.tan((verticalFieldOfViewDegrees * Math.PI) / 360) / (SIZE.heightPx / 2);
    const [right, up] = [(column + 0.5 - SIZE.widthPx / 2) * slope, (SIZE.heightPx / 2 - row - 0.5) * slope];
    const ray = [0, 1, 2].map(
      (axis) => rotation[3 * axis]! * right + rotation[3 * axis + 1]! * up - rotation[3 * axis + 2]!,
    ) as unknown as Vector;
    const origin = [...positionM] as unknown as Vector;
    if (casters.some((solid) => marchThrough(solid, origin, ray, 0.004, 2))) return undefined;
    const t = -origin[2] / ray[2];
    return [origin[0] + t * ray[0], origin[1] + t * ray[1], 0];
  }

  /** Whether shapes grown or shrunk by `marginM` hide the lamp from a point. */
  function isHidden(point: Vector, marginM: number): boolean {
    const lamp = LAMP.positionM;
    const towards: Vector = [lamp[0]! - point[0], lamp[1]! - point[1], lamp[2]! - point[2]];
    return casters.some((solid) => {
      const sizeM = solid.sizeM.map((size) => (size === 0 ? 0 : size + marginM)) as unknown as Vector;
      return marchThrough({ ...solid, sizeM }, point, towards, 0.004, 1) !== undefined;
    });
  }

  it("darken exactly the floor that a shape hides from the light, but for a soft edge", () => {
    let [dark, lit] = [0, 0];
    for (let pixel = 0; pixel < SIZE.widthPx * SIZE.heightPx; pixel++) {
      const point = floorPoint(pixel % SIZE.widthPx, Math.floor(pixel / SIZE.widthPx));
      if (!point) continue;
      const difference = without[3 * pixel]! - withShadows[3 * pixel]!;
      if (isHidden(point, -0.02)) {
        dark++;
        expect(difference).toBeGreaterThan(20);
      } else if (!isHidden(point, 0.02)) {
        lit++;
        expect(difference).toBe(0);
      }
    }
    expect(dark).toBeGreaterThan(40);
    expect(lit).toBeGreaterThan(1000);
  });

  it("have edges of intermediate brightness", () => {
    const ratios = new Set<number>();
    for (let byte = 0; byte < without.length; byte += 3) ratios.add(without[byte]! - withShadows[byte]!);
    expect(ratios.size).toBeGreaterThan(10);
  });

  it("do not fall on a shape's own lit side", () => {
    const alone = makeScene([BALL], [LAMP]);
    const fromLamp = lookAt([-0.5, 0.6, 1.3], [0, 0, 0.3], 15);
    expect(render(alone, fromLamp)).toEqual(render(alone, fromLamp, { shadows: false }));
  });

  it("are not cast by translucent shapes, planes or lights that cast none", () => {
    const veil = { ...BALL, material: { ...MATTE, alpha: 0.5 } };
    const glass = makeScene([FLOOR, veil], [LAMP]);
    expect(render(glass, OVERHEAD)).toEqual(render(glass, OVERHEAD, { shadows: false }));
    const kind = makeScene([FLOOR, BALL], [{ ...LAMP, castsShadow: false }]);
    expect(render(kind, OVERHEAD)).toEqual(render(kind, OVERHEAD, { shadows: false }));
  });

  it("follow shapes and lights that move between frames", () => {
    const moving = makeScene([FLOOR, BALL], [LAMP]);
    const renderer = new SceneRenderer(moving, SIZE);
    const image = new Uint8Array(48 * 48 * 3);
    moving.positionsM[3] = 0.2;
    renderer.beginFrame();
    renderer.render(OVERHEAD, image);
    const fresh = makeScene([FLOOR, { ...BALL, positionM: [0.2, 0, 0.3] }], [LAMP]);
    expect(image).toEqual(render(fresh, OVERHEAD));
  });
});

describe("anti-aliasing", () => {
  it("brings edges closer to the truth with every doubling of the samples", () => {
    const scene = makeScene([FLOOR, BALL, BLOCK], [LAMP]);
    const big = render(scene, OVERHEAD, { widthPx: 48 * 12, heightPx: 48 * 12 });
    const truth = Float64Array.from({ length: 48 * 48 * 3 }, (_, byte) => {
      const [column, row] = [Math.floor(byte / 3) % 48, Math.floor(byte / 144)];
      let sum = 0;
      for (let y = 0; y < 12; y++) {
        for (let x = 0; x < 12; x++) sum += big[((row * 12 + y) * 576 + column * 12 + x) * 3 + (byte % 3)]!;
      }
      return sum / 144;
    });
    const errors = [1, 2, 4].map((samplesPerAxis) => {
      const image = render(scene, OVERHEAD, { samplesPerAxis });
      return Math.sqrt(image.reduce((sum, value, byte) => sum + (value - truth[byte]!) ** 2, 0) / image.length);
    });
    expect(errors[1]).toBeLessThan(errors[0]! * 0.7);
    expect(errors[2]).toBeLessThan(errors[1]! * 0.8);
  });
});

describe("translucent shapes", () => {
  it("let what is behind them through by their alpha, and hide nothing in front", () => {
    const camera = lookAt([0, 0, 2], [0, 0, 0], 20);
    const pane = (alpha: number, z: number) =>
      geom(ShapeType.box, [1, 1, 0.01], [0, 0, z], { material: { ...RED, alpha } });
    const centre = 3 * (24 * 48 + 24);
    const red = (...geoms: Parameters<typeof makeScene>[0]) => render(makeScene(geoms), camera)[centre]!;
    const [solid, floor, half] = [red(FLOOR, pane(1, 0.5)), red(FLOOR), red(FLOOR, pane(0.5, 0.5))];
    expect(solid - floor).toBeGreaterThan(20);
    expect(Math.abs(half - (solid + floor) / 2)).toBeLessThanOrEqual(1);
    expect(red(FLOOR, BALL, pane(0.5, 0.1))).toBe(red(FLOOR, BALL));
  });
});

describe("awkward poses", () => {
  const scene = makeScene([FLOOR, BALL, BLOCK], [LAMP]);
  const isGrey = (image: Uint8Array) => image.every((value) => value > 0);

  it.each([
    ["inside a ball", lookAt([0, 0, 0.3], [1, 0, 0])],
    ["inside a box", lookAt([0.25, 0.1, 0.05], [1, 0, 0])],
    ["on the floor", lookAt([1, 0, 0], [0, 0, 0])],
    ["under the floor", lookAt([1, 0, -0.5], [0, 0, 0])],
    ["straight down", lookAt([0, 0, 1], [0, 0, 0])],
    ["touching a ball", lookAt([0.1, 0, 0.3], [0, 0, 0.3])],
    ["with a very wide lens", lookAt([0.5, 0, 0.3], [0, 0, 0.3], 170)],
  ])("a camera %s sees a picture without holes of NaN, with and without anti-aliasing", (_, camera) => {
    expect(isGrey(render(scene, camera))).toBe(true);
    expect(isGrey(render(scene, camera, { samplesPerAxis: 2 }))).toBe(true);
  });

  it("a lamp inside a shape, level with the floor or straight above leaves the picture whole", () => {
    for (const lamp of [
      spotLight([0, 0, 0.3], [0, 0, -1]),
      spotLight([1, 0, 0], [-1, 0, 0]),
      spotLight([0, 0, 2], [0, 0, -1]),
    ]) {
      expect(isGrey(render(makeScene([FLOOR, BALL, BLOCK], [lamp]), OVERHEAD))).toBe(true);
    }
  });

  it("away from everything shows only sky", () => {
    const up = lookAt([0, 0, 2], [0, 0, 3]);
    expect(render(scene, up)).toEqual(render(makeScene([]), up));
  });
});

describe("a renderer", () => {
  it("refuses sizes that are not positive integers and images of the wrong size, and stays usable", () => {
    const scene = makeScene([FLOOR]);
    expect(() => new SceneRenderer(scene, { widthPx: 0, heightPx: 48 })).toThrow("widthPx must be a positive integer");
    expect(() => new SceneRenderer(scene, { ...SIZE, samplesPerAxis: 1.5 })).toThrow("samplesPerAxis must be");
    const renderer = new SceneRenderer(scene, SIZE);
    expect(() => renderer.render(OVERHEAD, new Uint8Array(5))).toThrow("an image of 48×48 needs 6912 bytes, got 5");
    const image = new Uint8Array(6912);
    renderer.render(OVERHEAD, image);
    expect(image.some((value) => value > 0)).toBe(true);
  });

  it("keeps no memory of the frames it drew", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const renderer = new SceneRenderer(makeScene([FLOOR, BALL, BLOCK], [LAMP]), SIZE);
    const image = new Uint8Array(6912);
    const used = (frames: number) => {
      for (let frame = 0; frame < frames; frame++) {
        renderer.beginFrame();
        renderer.render(OVERHEAD, image);
      }
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const before = used(200);
    expect(used(1000) - before).toBeLessThan(200_000);
  });
});
