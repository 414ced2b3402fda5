import { spawnSync } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import { compute } from "../../../../../test/tensor/compute.ts";
import { ops, Random, Tensor } from "../../../index.ts";
import { compiledBackend } from "../backend.ts";

/** What GCC 11 lacks, GCC then lacks, too. */
const OLD_GCC = "gcc -U__GNUC__ -D__GNUC__=11 -D__builtin_shufflevector=not_before_gcc_12";
const hasGcc = spawnSync("gcc", ["--version"]).stdout?.includes("Free Software Foundation") ?? false;

const { CC } = process.env;
afterEach(() => {
  if (CC === undefined) delete process.env.CC;
  else process.env.CC = CC;
});

test.skipIf(!hasGcc)(
  "GCC before version 12 compiles products and strided convolutions to the same results",
  async () => {
    const random = new Random(5);
    const normal = (...shape: number[]) =>
      Tensor.of(shape, random.fillNormal(new Float32Array(shape.reduce((a, b) => a * b))));
    const inputs = [normal(40, 33), normal(50, 33), normal(2, 3, 40, 40), normal(8, 3, 3, 3)];
    const run = () =>
      compute(
        compiledBackend,
        (x, weight, image, kernel) => [ops.linear(x!, weight!), ops.conv2d(image!, kernel!, undefined, { stride: 2 })],
        inputs,
      );
    const expected = await run();
    process.env.CC = OLD_GCC;
    expect(await run()).toEqual(expected);
  },
);
