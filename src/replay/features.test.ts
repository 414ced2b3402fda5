import { describe, expect, it } from "vitest";
import { actionBound, assertFeatures, assertSameFeatures, type ReplayFeatures } from "./features.ts";

const FEATURES: ReplayFeatures = {
  observation: { "observation.state": { dtype: "float32", shape: [4] } },
  action: { shape: [2] },
  complementaryInfo: { discrete_penalty: {} },
};

describe("assertFeatures", () => {
  const cases: [string, Partial<ReplayFeatures>, string][] = [
    ["no observation at all", { observation: {} }, "at least one observation feature"],
    [
      "an extent of 0",
      { observation: { "observation.state": { dtype: "float32", shape: [0] } } },
      "observation.state: every extent of the shape must be a positive integer, got [0]",
    ],
    [
      "an unknown dtype",
      { observation: { "observation.state": { dtype: "float64" as "float32", shape: [1] } } },
      'observation.state: dtype must be "float32" or "uint8", got "float64"',
    ],
    ["a broken action shape", { action: { shape: [1.5] } }, "action: every extent"],
    ["too few bounds", { action: { shape: [2], low: [0] } }, "action.low needs 2 bounds, got 1"],
    ["bounds the wrong way round", { action: { shape: [2], low: 0, high: [1, -1] } }, "action[1]: low 0"],
    [
      "a bound of NaN",
      { action: { shape: [1], high: Number.NaN } },
      "action[0]: low -Infinity must not be above high NaN",
    ],
    [
      "an infinite default",
      { complementaryInfo: { penalty: { default: 1e300 } } },
      "penalty: the default must be finite",
    ],
  ];
  it.each(cases)("refuses %s", (_, changes, message) => {
    expect(() => assertFeatures({ ...FEATURES, ...changes })).toThrow(message);
  });

  it("accepts scalars, images and half-open bounds", () => {
    assertFeatures({
      observation: { image: { dtype: "uint8", shape: [3, 8, 8] }, time: { dtype: "float32", shape: [] } },
      action: { shape: [2], low: 0 },
    });
    expect(actionBound({ shape: [2], low: 0.1 }, "low")).toEqual(Float32Array.of(0.1, 0.1));
    expect(actionBound({ shape: [2], low: 0.1 }, "high")).toEqual(Float32Array.of(Infinity, Infinity));
  });
});

describe("assertSameFeatures", () => {
  it("lists every difference with the names of both sides", () => {
    const other: ReplayFeatures = {
      observation: { "observation.state": { dtype: "float32", shape: [5] }, extra: { dtype: "uint8", shape: [1] } },
      action: { shape: [2] },
    };
    expect(() => assertSameFeatures(FEATURES, other, "online", "offline")).toThrow(
      "online and offline store different features:\n" +
        "  observation observation.state: float32[4] (online), float32[5] (offline)\n" +
        "  complementary info discrete_penalty: float32 (online), absent (offline)\n" +
        "  observation extra: absent (online), uint8[1] (offline)",
    );
  });

  it("ignores the order of names and bounds", () => {
    const a = {
      ...FEATURES,
      observation: { a: { dtype: "uint8", shape: [1] }, b: { dtype: "float32", shape: [2] } },
    } as const;
    const b = { ...a, observation: { b: a.observation.b, a: a.observation.a }, action: { shape: [2], low: -1 } };
    assertSameFeatures(a, b, "a", "b");
  });
});
