/** Decides which maps and reductions run in one loop nest, and which values get memory. */
import { sizeOf } from "../../../shape.ts";
import { isLeaf, liveNodes, type MapNode, type Node, type ReduceNode, type Value } from "./ir.ts";
import { rowMajor } from "./views.ts";

export type LoopNode = MapNode | ReduceNode;

export function isLoopNode(node: Node): node is LoopNode {
  return node.kind === "map" || node.kind === "reduce";
}

/** What a loop node iterates over. */
export function iterationShape(node: LoopNode): readonly number[] {
  return node.kind === "reduce" ? node.inputs[0]!.shape : node.shape;
}

/** A loop nest, or one node with code of its own. */
export class Stage {
  /** Sizes of the loops, outermost first. Scalars have none. */
  loops: readonly number[];
  readonly members: Node[] = [];
  /** For each axis of a member's iteration shape: the loop that it runs in, or −1 for an axis of size 1. */
  readonly axes = new Map<Node, readonly number[]>();
  /** Reductions over other loops than the innermost: their results exist when all loops have ended. */
  readonly late = new Set<Node>();
  readonly isNest: boolean;
  /** Rank in the order of execution. */
  position = 0;
  readonly readers = new Set<Stage>();

  constructor(node: Node) {
    this.isNest = isLoopNode(node);
    this.loops = isLoopNode(node) ? iterationShape(node).filter((dim) => dim !== 1) : [];
    if (!isLoopNode(node)) {
      this.members.push(node);
      return;
    }
    let loop = 0;
    this.join(
      node,
      iterationShape(node).map((dim) => (dim === 1 ? -1 : loop++)),
    );
  }

  join(node: LoopNode, axes: readonly number[]): void {
    this.members.push(node);
    this.axes.set(node, axes);
    if (node.kind !== "reduce") return;
    const [loop, ...others] = node.axes.map((axis) => axes[axis]!);
    const isRowWise = others.length === 0 && this.loops.length > 1 && loop === this.loops.length - 1;
    if (!isRowWise) this.late.add(node);
  }

  /** A reduction over the innermost loop: its result exists once per row. */
  isRowReduction(node: Node): node is ReduceNode {
    return node.kind === "reduce" && !this.late.has(node);
  }

  /** Whether a member runs in the innermost loop. Others are computed once per row. */
  isInner(node: Node): boolean {
    return this.loops.length > 0 && this.axes.get(node)!.includes(this.loops.length - 1);
  }
}

export interface Fusion {
  /** In an order that respects dependencies. */
  readonly stages: readonly Stage[];
  readonly stageOf: ReadonlyMap<Node, Stage>;
  /** Nodes that get memory. */
  readonly stored: ReadonlySet<Node>;
  /** Cheap maps that every stage which reads them computes again. */
  readonly inlined: ReadonlySet<Node>;
}

/** Longer nests have more live values than registers. */
const MAX_MEMBERS = 80;

export function fuse(results: readonly Node[]): Fusion {
  const live = liveNodes(results);
  const repeated = repeatedNodes(live, results);
  const order = new StageOrder();
  for (const node of live) if (!isLeaf(node) && !repeated.has(node)) order.add(node);
  const memory = decideMemory(live, results, order.stageOf, repeated);
  for (const node of repeated) if (memory.stored.has(node)) order.stageOf.set(node, new Stage(node));
  const early = [...repeated].flatMap((node) => order.stageOf.get(node) ?? []);
  return { stages: [...early, ...order.stages], stageOf: order.stageOf, ...memory };
}

/** Greedy: nodes join the latest stage that they fit into, in topological order. */
class StageOrder {
  readonly stages: Stage[] = [];
  readonly stageOf = new Map<Node, Stage>();
  readonly #readersOf = new Map<Node, Set<Stage>>();

  add(node: Node): void {
    const producers = new Set(node.inputs.flatMap(({ base }) => this.stageOf.get(base) ?? []));
    const stage = (isLoopNode(node) ? this.#joinStage(node, producers) : undefined) ?? this.#newStage(node);
    this.stageOf.set(node, stage);
    for (const producer of producers) if (producer !== stage) producer.readers.add(stage);
    for (const { base } of node.inputs) {
      const readers = this.#readersOf.get(base) ?? new Set();
      this.#readersOf.set(base, readers.add(stage));
    }
  }

  #newStage(node: Node): Stage {
    const stage = new Stage(node);
    stage.position = this.stages.length;
    this.stages.push(stage);
    return stage;
  }

  #joinStage(node: LoopNode, producers: ReadonlySet<Stage>): Stage | undefined {
    const siblings = node.inputs.flatMap(({ base }) => [...(this.#readersOf.get(base) ?? [])]);
    const candidates = [...new Set([...producers, ...siblings])].sort((a, b) => b.position - a.position);
    for (const stage of candidates) {
      const fit = stage.isNest ? fitInto(node, stage, this.stageOf) : undefined;
      if (fit === undefined || !this.#moveBehind(stage, producers)) continue;
      stage.loops = fit.loops;
      stage.join(node, fit.axes);
      return stage;
    }
    return undefined;
  }

  /** Moves a stage behind others that it will depend on, if none that depends on it is in between. */
  #moveBehind(stage: Stage, producers: ReadonlySet<Stage>): boolean {
    const others = [...producers].filter((producer) => producer !== stage);
    const last = Math.max(-1, ...others.map(({ position }) => position));
    if (last < stage.position) return true;
    if ([...stage.readers].some(({ position }) => position <= last)) return false;
    this.stages.splice(stage.position, 1);
    this.stages.splice(last, 0, stage);
    for (const [position, each] of this.stages.entries()) each.position = position;
    return true;
  }
}

interface Fit {
  readonly axes: readonly number[];
  readonly loops: readonly number[];
}

/** The loops of `stage` in which `node` can run: all of them, or all but the innermost, in order. */
function fitInto(node: LoopNode, stage: Stage, stageOf: ReadonlyMap<Node, Stage>): Fit | undefined {
  if (stage.members.length >= MAX_MEMBERS) return undefined;
  const bound = boundAxes(node, stage, stageOf);
  if (bound === undefined) return undefined;
  const shape = iterationShape(node);
  const wide = shape.flatMap((dim, axis) => (dim === 1 ? [] : [axis]));
  if (wide.length === 0 || stage.loops.length === 0) {
    return wide.length === 0 && stage.loops.length === 0 ? { axes: bound, loops: [] } : undefined;
  }
  const axes = [...bound];
  const loops = [...stage.loops];
  let next = 0;
  for (const [i, axis] of wide.entries()) {
    if (axes[axis] === -1) {
      const reserved = new Set(wide.slice(i + 1).map((later) => axes[later]));
      let loop = next;
      while (loop < loops.length && (loops[loop] !== shape[axis] || reserved.has(loop))) loop++;
      if (loop === stage.loops.length) {
        // Values per row become rows: an inner loop is added to a nest that has none yet.
        const hasRows = stage.members.some((member) => stage.isRowReduction(member));
        if (hasRows || i !== wide.length - 1 || next !== stage.loops.length) return undefined;
        loops.push(shape[axis]!);
      }
      axes[axis] = loop;
    }
    if (axes[axis]! < next) return undefined;
    next = axes[axis]! + 1;
  }
  const used = wide.map((axis) => axes[axis]!);
  if (used.length === loops.length) return { axes, loops };
  const isPerRow = used.length === loops.length - 1 && !used.includes(loops.length - 1);
  // Values per row belong to a row that is computed here, not to one that happens to be as long.
  const readsMember = node.inputs.some(({ base }) => stageOf.get(base) === stage);
  return isPerRow && readsMember ? { axes, loops } : undefined;
}

/** The loops that the node's inputs in `stage` prescribe for its axes; −1 where none does. Undefined if impossible. */
function boundAxes(node: LoopNode, stage: Stage, stageOf: ReadonlyMap<Node, Stage>): number[] | undefined {
  const axes = iterationShape(node).map(() => -1);
  for (const value of node.inputs) {
    if (stageOf.get(value.base) !== stage) continue;
    const baseAxes = stage.late.has(value.base) ? undefined : axesOfBase(value);
    if (baseAxes === undefined) return undefined;
    const loops = stage.axes.get(value.base)!;
    for (const [axis, baseAxis] of baseAxes.entries()) {
      if (baseAxis < 0) continue;
      if (axes[axis]! >= 0 && axes[axis] !== loops[baseAxis]) return undefined;
      axes[axis] = loops[baseAxis]!;
    }
  }
  return axes;
}

/**
 * For each axis of a value: the axis of its base that it walks through, or −1 if it does not move. Undefined if the value is
 * only a part of its base, or reads it in another order than axis by axis.
 */
export function axesOfBase({ base, offset, shape, strides }: Value): number[] | undefined {
  if (offset !== 0) return undefined;
  const own = rowMajor(base.shape);
  const axes = shape.map((dim, axis) => {
    if (dim === 1 || strides[axis] === 0) return -1;
    const found = base.shape.findIndex((size, at) => size === dim && own[at] === strides[axis]);
    return found < 0 ? Number.NaN : found;
  });
  const isCovered = base.shape.every((dim, at) => dim === 1 || axes.includes(at));
  return axes.some(Number.isNaN) || !isCovered ? undefined : axes;
}

/** Formulas without a call of a costly function. */
export function isCheap({ formula }: MapNode): boolean {
  return !/\b(exp|log|log1p|sqrt|tanh|sin|cos|erf|sigmoid|softplus|silu|gelu|pow)_|\//.test(formula);
}

/**
 * Cheap functions of inputs and constants alone, such as a scaled weight. Every reader computes them again, so that they
 * never stand between two stages that could be one.
 */
function repeatedNodes(live: readonly Node[], results: readonly Node[]): Set<Node> {
  const needed = new Set<Node>(results);
  for (const node of live) if (!isLoopNode(node)) for (const { base } of node.inputs) needed.add(base);
  const repeated = new Set<Node>();
  for (const node of live) {
    if (node.kind !== "map" || !isCheap(node) || needed.has(node) || sizeOf(node.shape) === 1) continue;
    if (node.inputs.every(({ base }) => isLeaf(base) || repeated.has(base))) repeated.add(node);
  }
  return repeated;
}

/** More loads than this cost more than reading the value from memory. */
const MAX_INLINED_LOADS = 4;

function decideMemory(
  live: readonly Node[],
  results: readonly Node[],
  stageOf: ReadonlyMap<Node, Stage>,
  repeated: ReadonlySet<Node>,
) {
  const stored = new Set<Node>(results);
  const crossing = new Set<Node>();
  for (const node of live) {
    for (const { base } of node.inputs) {
      if (!stageOf.has(base)) continue;
      if (!isLoopNode(node)) stored.add(base);
      else if (stageOf.get(base) !== stageOf.get(node)) (base.kind === "map" ? crossing : stored).add(base);
    }
  }
  const inlined = new Set<Node>(repeated);
  const loads = (node: Node): number => {
    if (node.kind === "number") return 0;
    return inlined.has(node) ? node.inputs.reduce((sum, { base }) => sum + loads(base), 0) : 1;
  };
  for (const node of live) {
    if (!crossing.has(node) || stored.has(node)) continue;
    const isReadable = ({ base }: Value) => isLeaf(base) || stored.has(base) || inlined.has(base);
    const isInlined = node.kind === "map" && sizeOf(node.shape) > 1 && isCheap(node) && node.inputs.every(isReadable);
    const count = node.inputs.reduce((sum, { base }) => sum + loads(base), 0);
    (isInlined && count <= MAX_INLINED_LOADS ? inlined : stored).add(node);
  }
  // A part of an inlined node, or a rearranged one, is read from memory after all.
  const require = (value: Value): void => {
    if (!inlined.has(value.base)) return;
    if (axesOfBase(value) === undefined) {
      inlined.delete(value.base);
      stored.add(value.base);
      return;
    }
    for (const input of value.base.inputs) require(input);
  };
  for (const node of live.toReversed()) if (!inlined.has(node)) for (const value of node.inputs) require(value);
  return { stored, inlined };
}
