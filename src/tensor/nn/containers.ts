/** Modules made of modules. */
import { type Expr, withGraph } from "../ir/expr.ts";
import { inputExpr } from "../ir/leaves.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { flattenTree, mapLeaves, mapTree, type Tree } from "../tree.ts";
import { dropout, layerNorm, linear } from "./layers.ts";
import type { AnyModule, ApplyContext, Module, Parameters, Symbolic } from "./module.ts";

type Layer = AnyModule | ((x: Expr) => Expr);

/**
 * Layers applied in order. Functions are layers without parameters; they count in the numbering, so that names are those
 * of torch.nn.Sequential.
 */
export function sequential(layers: readonly Layer[]): Module {
  return {
    init(random) {
      const parameters: Record<string, Parameters> = {};
      for (const [index, layer] of layers.entries()) {
        const own = typeof layer === "function" ? {} : layer.init(random);
        if (Object.keys(own).length > 0) parameters[index] = own;
      }
      return parameters;
    },
    apply(parameters, x, context) {
      return layers.reduce((value, layer, index) => {
        if (typeof layer === "function") return layer(value);
        const own = (parameters as Readonly<Record<string, unknown>>)[index] ?? {};
        return layer.apply(own as never, value, context);
      }, x);
    },
  };
}

export interface MlpOptions {
  readonly activation: (x: Expr) => Expr;
  /** Normalise and activate the last hidden layer too. */
  readonly activateFinal?: boolean;
  readonly normalize?: boolean;
  readonly dropoutRate?: number;
}

/** Per hidden layer: Linear, Dropout (if any), LayerNorm (if `normalize`), activation. */
export function mlp(inputs: number, hidden: readonly number[], options: MlpOptions): Module {
  const { activation, activateFinal = true, normalize = true, dropoutRate = 0 } = options;
  const layers = hidden.flatMap((outputs, index): Layer[] => {
    const layer = linear(hidden[index - 1] ?? inputs, outputs);
    if (index === hidden.length - 1 && !activateFinal) return [layer];
    const dropouts = dropoutRate > 0 ? [dropout(dropoutRate)] : [];
    return [layer, ...dropouts, ...(normalize ? [layerNorm(outputs)] : []), activation];
  });
  return sequential(layers);
}

/**
 * `count` independently initialised copies of a module in one: every parameter gets a leading axis, and one batched
 * product serves all. Built of linear and layerNorm modules; the result of `apply` has the ensemble as its first axis.
 */
export function ensemble<P extends Parameters>(module: Module<P>, count: number): Module<P> {
  return {
    init: (random) => stackTrees(Array.from({ length: count }, () => module.init(random))),
    apply: (parameters: Symbolic<P>, x: Expr, context?: ApplyContext) => module.apply(parameters, x, context),
  };
}

/** Trees of one form, stacked leaf by leaf along a new first axis. */
export function stackTrees<P extends Parameters>(trees: readonly P[]): P {
  const members = trees.map((tree) => new Map(flattenTree(tree as Tree<Tensor>)));
  return mapLeaves(trees[0]!, ({ shape }: Tensor, name) => {
    const size = sizeOf(shape);
    const data = new Float32Array(size * trees.length);
    for (const [index, member] of members.entries()) data.set(member.get(name)!.data as Float32Array, index * size);
    return Tensor.of([trees.length, ...shape], data);
  });
}

/** The inverse of `stackTrees`: member `index` of an ensemble's parameters. Copies. */
export function unstackTree<P extends Parameters>(stacked: P, index: number): P {
  return mapLeaves(stacked, ({ shape, data }: Tensor) => {
    const size = sizeOf(shape.slice(1));
    return Tensor.of(shape.slice(1), (data as Float32Array).slice(index * size, (index + 1) * size));
  });
}

/** A module's output shape for a given input shape, determined by tracing. */
export function outputShape<P extends Parameters>(module: Module<P>, parameters: P, shape: Shape): Shape {
  return withGraph((graph) => {
    const symbolic = mapTree<P, Tensor, Expr>(parameters, (tensor, name) => inputExpr(graph, name, tensor));
    return module.apply(symbolic, inputExpr(graph, "", { shape, dtype: "float32" })).shape;
  });
}
