/** The end of a gradient's path. */
import { definePrimitive, type Expr } from "./expr.ts";

export const stopGradientNode = definePrimitive({ name: "stopGradient" });

/** The same value, through which no gradient flows. */
export function stopGradient(x: Expr): Expr {
  return stopGradientNode([x], {}, x.shape);
}
