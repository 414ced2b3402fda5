import fc from "fast-check";
import { expect, test } from "vitest";
import { type Quaternion, quaternionOfMatrix, rotationVectorBetween } from "./rotations.ts";

function matrixOf([w, x, y, z]: Quaternion): number[] {
  return [
    1 - 2 * (y * y + z * z),
    2 * (x * y - w * z),
    2 * (x * z + w * y),
    2 * (x * y + w * z),
    1 - 2 * (x * x + z * z),
    2 * (y * z - w * x),
    2 * (x * z - w * y),
    2 * (y * z + w * x),
    1 - 2 * (x * x + y * y),
  ];
}

const component = fc.double({ min: -1, max: 1, noNaN: true });
const quaternion = fc
  .tuple(component, component, component, component)
  .filter((q) => Math.hypot(...q) > 0.1)
  .map((q) => q.map((value) => value / Math.hypot(...q)) as unknown as Quaternion);

test("a rotation matrix gives back its quaternion, up to sign", () => {
  fc.assert(
    fc.property(quaternion, (q) => {
      const found = quaternionOfMatrix(matrixOf(q));
      const dot = q.reduce((sum, value, i) => sum + value * found[i]!, 0);
      expect(Math.abs(dot)).toBeCloseTo(1, 9);
    }),
  );
});

test("turning the target by the rotation vector gives the current orientation", () => {
  const axis = [0.36, 0.48, 0.8] as const;
  for (const angle of [-3, -1, -0.01, 0.3, 1.5, 3.1]) {
    const s = Math.sin(angle / 2);
    const current: Quaternion = [Math.cos(angle / 2), axis[0] * s, axis[1] * s, axis[2] * s];
    const vector = new Float64Array(3);
    rotationVectorBetween(matrixOf(current), [1, 0, 0, 0], vector);
    for (let i = 0; i < 3; i++) expect(vector[i]).toBeCloseTo(axis[i]! * angle, 9);
  }
});

test("no rotation is a zero vector, whichever sign the target has", () => {
  const vector = new Float64Array(3).fill(9);
  for (const target of [
    [0, 1, 0, 0],
    [0, -1, 0, 0],
  ] as Quaternion[]) {
    rotationVectorBetween(matrixOf([0, 1, 0, 0]), target, vector);
    expect(Math.hypot(...vector)).toBeLessThan(1e-12);
  }
});
