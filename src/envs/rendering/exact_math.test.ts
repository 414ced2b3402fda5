import { expect, it } from "vitest";
import { tanDegrees } from "./exact_math.ts";

it("agrees with the tangent to 13 digits over the angles a lens or a lamp can have", () => {
  for (let degrees = -85; degrees <= 85; degrees += 0.25) {
    const reference = Math.tan((degrees * Math.PI) / 180);
    expect(Math.abs(tanDegrees(degrees) - reference)).toBeLessThanOrEqual(1e-13 * Math.abs(reference));
  }
});
