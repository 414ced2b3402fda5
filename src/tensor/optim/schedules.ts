/** Learning rates as functions of the number of steps taken. */
import type { Expr } from "../ir/expr.ts";
import * as ops from "../ops/index.ts";

type Schedule = (step: Expr) => Expr;

/** From `start` to `end` in a straight line over `steps`, then `end`. */
export function linearSchedule(start: number, end: number, steps: number): Schedule {
  return (step) =>
    progress(step, steps)
      .mul(end - start)
      .add(start);
}

/** From `start` to `end` along half a cosine over `steps`, then `end` (Loshchilov & Hutter 2017, without restarts). */
export function cosineSchedule(start: number, end: number, steps: number): Schedule {
  return (step) =>
    ops
      .cos(progress(step, steps).mul(Math.PI))
      .add(1)
      .mul((start - end) / 2)
      .add(end);
}

/** Rises linearly from 0 over `steps`, and from there follows `next` (counted from the end of the warm-up). */
export function warmup(steps: number, peak: number, next: Schedule = (step) => step.mul(0).add(peak)): Schedule {
  return (step) => {
    const after = ops.maximum(step.sub(steps), 0);
    return ops.where(ops.less(step, steps), progress(step, steps).mul(peak), next(after));
  };
}

function progress(step: Expr, steps: number): Expr {
  return step.mul(1 / steps).clip(0, 1);
}
