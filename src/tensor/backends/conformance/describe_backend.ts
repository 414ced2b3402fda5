/** The conformance suite of backends as Vitest tests, for any implementation. */
import { describe, expect, test } from "vitest";
import type { Backend } from "../../backend.ts";
import { compile } from "../../compile.ts";
import type { Expr } from "../../ir/expr.ts";
import type { TracedProgram } from "../../ir/traced_program.ts";
import * as ops from "../../ops/index.ts";
import { Tensor } from "../../tensor.ts";
import { spec } from "../../trace.ts";
import { checkRows, difference, runRows } from "./check_rows.ts";
import { compositeRows } from "./composite_rows.ts";
import { elementwiseRows } from "./elementwise_rows.ts";
import { imageRows } from "./image_rows.ts";
import { indexingRows } from "./indexing_rows.ts";
import { fromTensor } from "./ndarray.ts";
import { productRows } from "./product_rows.ts";
import { randomRows } from "./random_rows.ts";
import { reductionRows } from "./reduction_rows.ts";
import { Draw, type Rows } from "./row.ts";
import { shapeRows } from "./shape_rows.ts";

const OPERATION_ROWS: Rows = {
  ...elementwiseRows,
  ...shapeRows,
  ...indexingRows,
  ...reductionRows,
  ...productRows,
  ...imageRows,
};

export interface ConformanceOptions {
  /** Another backend with a tighter tolerance than the reference's. */
  readonly against?: Backend;
}

/** Declares the tests: the contract of sessions, and every operation's values and gradients against float64 references. */
export function describeBackend(backend: Backend, { against }: ConformanceOptions = {}): void {
  describeSessions(backend);
  describe(`${backend.name} runs every operation`, () => {
    test("the table has rows for each exported operation and no others", () => {
      expect(Object.keys(OPERATION_ROWS).sort()).toEqual(Object.keys(ops).sort());
    });

    for (const [seed, [name, rows]] of Object.entries({
      ...OPERATION_ROWS,
      ...compositeRows,
      ...randomRows,
    }).entries()) {
      test(`${name} and its gradient match the reference`, async () => {
        await checkRows(rows(new Draw(seed)), backend);
      });
      if (against === undefined) continue;
      test(`${name} agrees with ${against.name}`, async () => {
        const [mine, theirs] = await Promise.all([backend, against].map((each) => runRows(rows(new Draw(seed)), each)));
        for (const [name, tensor] of theirs!) {
          expect(difference(mine!.get(name), fromTensor(tensor), 2e-6), name).toBeUndefined();
        }
      });
    }
  });
}

/** y = 2x over two elements. */
function doubling(): TracedProgram {
  return compile(({ inputs: { x } }) => ({ outputs: { y: ops.mul(x, 2) } }), { inputs: { x: spec([2]) } }).traced();
}

/** y = abacus(x), an operation that exists nowhere else. */
function unknownOperation(): TracedProgram {
  const step = ({ inputs: { x } }: { inputs: { x: Expr } }) => ({
    outputs: { y: x.graph.node({ name: "abacus" }, [x], {}, x) },
  });
  return compile(step, { inputs: { x: spec([2]) } }).traced();
}

function describeSessions(backend: Backend): void {
  describe(`sessions of ${backend.name}`, () => {
    const feed = (...values: number[]) => [Tensor.of([2], values)];

    test("write into the memory of the fetched tensors", async () => {
      const session = await backend.compile(doubling(), {});
      const y = Tensor.zeros([2]);
      const { data } = y;
      await session.run(feed(1, 2), [y]);
      expect([...data]).toEqual([2, 4]);
      await session.run(feed(3, 4), [y]);
      expect([...data]).toEqual([6, 8]);
      await session.release();
    });

    test("take inputs and outputs in the program's order", async () => {
      const program = compile(({ inputs: { b, a } }) => ({ outputs: { less: ops.sub(a, b), more: ops.add(a, b) } }), {
        inputs: { b: spec([1]), a: spec([1]) },
      });
      const session = await backend.compile(program.traced(), {});
      const [less, more] = [Tensor.zeros([1]), Tensor.zeros([1])];
      await session.run([Tensor.of([1], [2]), Tensor.of([1], [7])], [less, more]);
      expect([less.item(), more.item()]).toEqual([5, 9]);
      await session.release();
    });

    test("read a tensor's values at the time of the run, and do not change it", async () => {
      const session = await backend.compile(doubling(), {});
      const x = Tensor.of([2], [1, 2]);
      const y = Tensor.zeros([2]);
      for (const first of [5, 7]) {
        x.data[0] = first;
        await session.run([x], [y]);
        expect([...y.data, ...x.data]).toEqual([2 * first, 4, first, 2]);
      }
      await session.release();
    });

    test("may run concurrently", async () => {
      const program = doubling();
      const sessions = await Promise.all([backend.compile(program, {}), backend.compile(program, {})]);
      const results = [1, 2, 3, 4].map((value) => ({ value, y: Tensor.zeros([2]) }));
      const runs = results.map(({ value, y }, i) => sessions[i % 2]!.run(feed(value, 0), [y]));
      await Promise.all(runs);
      expect(results.map(({ y }) => y.data[0])).toEqual([2, 4, 6, 8]);
      await sessions[0].release();
      await sessions[1].run(feed(9, 0), [results[0]!.y]);
      expect(results[0]!.y.data[0]).toBe(18);
      await sessions[1].release();
    });

    test("start on the listed devices only", async () => {
      const devices = await backend.devices();
      expect(devices).toContain("cpu");
      await expect(backend.compile(doubling(), { device: "abacus" })).rejects.toThrow(
        `${backend.name} has no device "abacus"; available here: ${devices.join(", ")}`,
      );
    });

    test("refuse an unknown operation by name", async () => {
      await expect(backend.compile(unknownOperation(), {})).rejects.toThrow(/"abacus"/);
    });
  });
}
