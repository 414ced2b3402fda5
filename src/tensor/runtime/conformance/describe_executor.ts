/** The conformance suite of executors as Vitest tests. A third party's runtime passes when all of them do. */
import { describe, expect, test } from "vitest";
import * as ops from "../../ops/index.ts";
import type { Executor } from "../executor.ts";
import { checkRows, difference, runRows } from "./check_rows.ts";
import { compositeRows } from "./composite_rows.ts";
import { elementwiseRows } from "./elementwise_rows.ts";
import { imageRows } from "./image_rows.ts";
import { fromTensor } from "./ndarray.ts";
import { productRows } from "./product_rows.ts";
import { reductionRows } from "./reduction_rows.ts";
import { Draw, type Rows } from "./row.ts";
import { shapeRows } from "./shape_rows.ts";

const OPERATION_ROWS: Rows = { ...elementwiseRows, ...shapeRows, ...reductionRows, ...productRows, ...imageRows };

export interface ConformanceOptions {
  /** Another executor whose values and gradients must agree more tightly than the reference demands. */
  readonly against?: Executor;
}

/** Declares the tests: every operation's values and gradients against float64 references. */
export function describeExecutor(executor: Executor, { against }: ConformanceOptions = {}): void {
  describe(`${executor.name} runs every operation`, () => {
    test("the table has rows for each exported operation and no others", () => {
      expect(Object.keys(OPERATION_ROWS).sort()).toEqual(Object.keys(ops).sort());
    });

    for (const [seed, [name, rows]] of Object.entries({ ...OPERATION_ROWS, ...compositeRows }).entries()) {
      test(`${name} and its gradient match the reference`, async () => {
        await checkRows(rows(new Draw(seed)), executor);
      });
      if (against === undefined) continue;
      test(`${name} agrees with ${against.name}`, async () => {
        const [mine, theirs] = await Promise.all(
          [executor, against].map((each) => runRows(rows(new Draw(seed)), each)),
        );
        for (const [name, tensor] of theirs!) {
          expect(difference(mine!.get(name), fromTensor(tensor), 2e-6), name).toBeUndefined();
        }
      });
    }
  });
}
