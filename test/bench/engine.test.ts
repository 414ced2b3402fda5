/** The parts of the engine's benchmark that judge: alternating blocks, and bits beside a busy core. */
import { expect, test } from "vitest";
import { alternate } from "../../bench/engine/alternate.ts";
import { bitsRow } from "../../bench/engine/busy_core.ts";
import { withWorkloads } from "../../bench/engine/spawned_workload.ts";
import { onnxruntimeNode } from "../../src/tensor/index.ts";

test("contenders are timed in turn, for equal times, and keep their own figures", async () => {
  const order: string[] = [];
  const contender = (name: string, times: readonly number[]) => async (ms: number) => {
    order.push(`${name} ${ms}`);
    return times;
  };
  const [a, b] = await alternate([contender("a", [1, 2, 9]), contender("b", [5])], 3);
  expect(order).toEqual(Array(6).fill(["a 500", "b 500"]).flat());
  expect([a!.medianMs, a!.runs, b!.medianMs, b!.runs]).toEqual([2, 18, 5, 6]);
});

test("bits that a busy core changes are an error, those of another number of threads a remark", () => {
  expect(bitsRow("step, c", 10, { single: "x", idle: "x", busy: "x" }).detail).toBe("1 thread gives the same bits");
  expect(bitsRow("step, c", 10, { single: "y", idle: "x", busy: "x" }).detail).toBe("1 thread gives other bits");
  expect(() => bitsRow("step, c", 10, { single: "x", idle: "x", busy: "y" })).toThrow(
    "step, c: other bits beside a busy core, within 10 steps",
  );
});

test("a workload's process hashes everything that steps compute, and names what failed", async () => {
  const task = { workload: "smallSacStep", backend: onnxruntimeNode.name, threads: 1 } as const;
  await withWorkloads([task, { ...task, backend: "abacus" }], async ([workload, unknown]) => {
    const [two, again, three] = [2, 2, 3].map((steps) => () => workload!.ask("bits", steps));
    const first = await two!();
    expect(await again!()).toBe(first);
    expect(await three!()).not.toBe(first);
    await expect(workload!.ask("block", 1)).rejects.toThrow(/smallSacStep with onnxruntime-node and 1 threads: /);
    await expect(unknown!.ask("load")).rejects.toThrow(/smallSacStep with abacus and 1 threads/);
  });
});
