/**
 * Loop nests as C functions. The innermost loop is vectorised. Reductions along it divide a row into passes; all other
 * reductions add to an accumulator of the task.
 */
import { sizeOf } from "../../../shape.ts";
import { type Fusion, isCheap, type LoopNode, type Stage } from "./fusion.ts";
import type { Node, Value } from "./ir.ts";
import type { Access, Accumulator, Functions, Kernel } from "./kernel.ts";
import { Memory, type Places } from "./memory.ts";
import { type Frame, type NestContext, NestWriter, type Operand } from "./nest_writer.ts";
import { flatStride, rowMajor } from "./views.ts";

export interface CodeContext {
  readonly fusion: Fusion;
  readonly places: Places;
  readonly functions: Functions;
}

/** A loop over one long vector is divided into runs of this many steps. */
const RUN = 64;
/** Shorter rows are computed column by column, if all columns are alike. */
const SHORT_ROW = 16;
/** Longer rows are not kept between passes: threads have small stacks. */
const MAX_KEPT_ROW = 8192;

export function loopKernel(stage: Stage, { fusion, places, functions }: CodeContext): Kernel {
  const accumulators = new Map<Node, Accumulator>();
  for (const node of stage.late) {
    if (node.kind !== "reduce") continue;
    const { operation, shape } = node;
    accumulators.set(node, { operation, size: sizeOf(shape), node, place: places.of(node) });
  }
  const context = { stage, fusion, places, levels: levelsOf(stage, fusion), accumulators };
  const write = (frame: Frame, kept: NestContext["kept"]) => new NestWriter({ ...context, frame, kept });
  const rows = rowFrame(stage);
  // Writing the code is how operands and repeated work are found.
  const frame = bestFrame(stage, rows, write(rows, new Set()).operands);
  const draft = write(frame, new Set());
  const keeps = draft.recomputed.size > 0 && frame.inner <= MAX_KEPT_ROW;
  const { operands, parameters, text } = keeps ? write(frame, draft.recomputed) : draft;
  const name = functions.define(parameters, text);
  const arrays = operands.filter(({ target }) => target instanceof Memory);
  const access = (operand: Operand): Access => ({ value: operand.node, step: unitStep(operand, frame, places) });
  const units = frame.split === "outer" ? sizeOf(frame.outer) : frame.inner / frame.unitSize;
  return {
    label: `loops [${stage.loops}] of ${stage.members.length} operations`,
    units,
    granularity: 1,
    cost: (cyclesPerStep(stage.members as LoopNode[]) * sizeOf(stage.loops)) / units,
    memories: arrays.map(({ target }) => target as Memory),
    reads: arrays.filter(({ isWritten }) => !isWritten).map(access),
    writes: [
      ...arrays.filter(({ isWritten }) => isWritten).map(access),
      ...[...accumulators.keys()].map((value) => ({ value, step: undefined })),
    ],
    accumulators: [...accumulators.values()],
    call(lo, hi, task) {
      const pointers = operands.map(({ target, offset }) => {
        if (target instanceof Memory) return target.pointer(offset);
        return `${target.parts!.pointer(0)} + ${task} * ${target.size}`;
      });
      return `${name}(${[lo, hi, ...pointers].join(", ")});`;
    },
  };
}

/** The pass over the row in which each member can be computed: after those of the row reductions that it needs. */
function levelsOf(stage: Stage, { inlined }: Fusion): Map<Node, number> {
  const levels = new Map<Node, number>();
  const required = (values: readonly Value[]): number[] =>
    values.flatMap(({ base }) => {
      const level = levels.get(base);
      if (level !== undefined) return [level + (stage.isRowReduction(base) ? 1 : 0)];
      return inlined.has(base) ? required(base.inputs) : [];
    });
  for (const node of stage.members) levels.set(node, Math.max(0, ...required(node.inputs)));
  return levels;
}

/** Clock cycles per innermost step, of which eight or sixteen run at once. */
function cyclesPerStep(members: readonly LoopNode[]): number {
  return members.reduce((sum, node) => sum + (node.kind === "map" && !isCheap(node) ? 1.5 : 0.15), 0.1);
}

function rowFrame({ loops }: Stage): Frame {
  return {
    outer: loops.slice(0, -1),
    inner: loops.at(-1) ?? 1,
    split: "outer",
    unitSize: 1,
    innerLoops: [loops.length - 1],
    strides: ({ strides }) => ({ outer: strides.slice(0, -1), inner: strides.at(-1) ?? 0 }),
  };
}

/** Elementwise nests without values per row need not be computed row by row. */
function bestFrame(stage: Stage, rows: Frame, operands: readonly Operand[]): Frame {
  const { loops } = stage;
  const isElementwise = stage.members.every((node) => stage.isInner(node) && !stage.isRowReduction(node));
  if (loops.length === 0 || !isElementwise) return rows;
  const order = rowMajor(loops).join();
  const isConstant = ({ strides }: Operand) => strides.every((stride) => stride === 0);
  const isAccumulator = ({ target }: Operand) => !(target instanceof Memory);
  const isFlat = operands.every((each) => isConstant(each) || (each.strides.join() === order && !isAccumulator(each)));
  if (isFlat || loops.length === 1) {
    const total = sizeOf(loops);
    const isLong = total % RUN === 0 && total >= RUN * RUN;
    return {
      outer: [],
      inner: total,
      split: "inner",
      unitSize: loops.length > 1 ? rows.inner : isLong ? RUN : 1,
      innerLoops: loops.map((_, loop) => loop),
      strides: ({ strides }) => ({ outer: [], inner: strides.at(-1)! }),
    };
  }
  const sumsColumns = operands.every((each) => !isAccumulator(each) || each.strides[0] === 0);
  if (loops.length !== 2 || rows.inner >= SHORT_ROW || !sumsColumns) return rows;
  return {
    outer: [rows.inner],
    inner: loops[0]!,
    split: "inner",
    unitSize: 1,
    innerLoops: [0],
    strides: ({ strides }) => ({ outer: [strides[1]!], inner: strides[0]! }),
  };
}

/** Elements from the part of one unit to that of the next, if each unit has a part of its own. */
function unitStep(operand: Operand, frame: Frame, places: Places): number | undefined {
  const { outer, inner } = frame.strides(operand);
  const rowLength = (frame.inner - 1) * inner;
  const [step, reach] =
    frame.split === "outer"
      ? [flatStride(frame.outer, outer), rowLength]
      : [
          inner * frame.unitSize,
          frame.outer.length > 0 ? (frame.outer[0]! - 1) * outer[0]! : (frame.unitSize - 1) * inner,
        ];
  const start = operand.offset - places.of(operand.node).offset;
  return step !== undefined && step > 0 && start + reach < step ? step : undefined;
}
