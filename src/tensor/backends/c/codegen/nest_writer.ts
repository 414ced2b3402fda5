/** Writes the C of a loop nest. */
import { type DType, isFloat } from "../../../dtype.ts";
import { cLiteral, cType, typeSuffix } from "./c_types.ts";
import { applyFormula, combine, neutralElement } from "./formulas.ts";
import { axesOfBase, type Fusion, isCheap, type LoopNode, type Stage } from "./fusion.ts";
import type { MapNode, Node, ReduceNode, Value } from "./ir.ts";
import type { Accumulator } from "./kernel.ts";
import type { Memory, Places } from "./memory.ts";
import { flatStride, rowMajor } from "./views.ts";

/** An array that the function gets a pointer to. */
export interface Operand {
  readonly node: Node;
  /** Accumulators have parts of their own for each task. */
  readonly target: Memory | Accumulator;
  readonly offset: number;
  /** Elements per step of each loop of the stage. */
  readonly strides: readonly number[];
  isWritten: boolean;
}

/** How the stage's loops are written: outer ones, and the innermost, which is vectorised. */
export interface Frame {
  readonly outer: readonly number[];
  readonly inner: number;
  /** Units of work are steps of the outer loops together, or runs of `unitSize` steps of the inner one. */
  readonly split: "outer" | "inner";
  readonly unitSize: number;
  /** The stage's loops that the innermost one walks through. */
  readonly innerLoops: readonly number[];
  /** The strides of an operand in the frame's loops. */
  strides(operand: Operand): { readonly outer: readonly number[]; readonly inner: number };
}

export interface NestContext {
  readonly stage: Stage;
  readonly fusion: Fusion;
  readonly places: Places;
  readonly frame: Frame;
  /** The pass over the row in which a member is computed first. */
  readonly levels: ReadonlyMap<Node, number>;
  readonly accumulators: ReadonlyMap<Node, Accumulator>;
  /** Members whose values a row keeps for later passes. */
  readonly kept: ReadonlySet<Node>;
}

/** Variables of one pass that the innermost loop adds to. */
interface RowSums {
  readonly declarations: string[];
  /** What is done with them when the loop has ended. */
  readonly after: string[];
  /** Their names, by what joins the lanes of a vector. */
  readonly byOperator: Map<string, string[]>;
}

export class NestWriter {
  readonly operands: Operand[] = [];
  /** Where operands are in the list, by their array and the elements of it that are accessed. */
  readonly #positions = new Map<Operand["target"], Map<string, number>>();
  /** Costly members that later passes compute again. */
  readonly recomputed = new Set<Node>();
  readonly #context: NestContext;
  /** The body of the row loop. */
  readonly #lines: string[] = [];
  readonly #names = new Map<string, string>();
  /** Variables of the row that exist so far. */
  readonly #rowVariables = new Map<string, string>();
  /** Variables of the innermost loop. */
  #stepVariables = new Map<string, string>();
  #pass = 0;
  #before: string[] = [];
  #body: string[] = [];

  constructor(context: NestContext) {
    this.#context = context;
    const passes = Math.max(...context.levels.values()) + 1;
    while (this.#pass < passes) {
      this.#writePass();
      this.#pass++;
    }
  }

  #writePass(): void {
    const { stage, levels, frame } = this.#context;
    const members = (stage.members as LoopNode[]).filter((node) => levels.get(node) === this.#pass);
    [this.#before, this.#body, this.#stepVariables] = [[], [], new Map()];
    const sums: RowSums = { declarations: [], after: [], byOperator: new Map() };
    for (const node of members) {
      if (node.kind === "map") this.#writeMap(node);
      else this.#writeReduction(node, sums);
    }
    this.#lines.push(...this.#before, ...sums.declarations);
    if (this.#body.length > 0) {
      const reductions = [...sums.byOperator].map(([operator, names]) => ` reduction(${operator}:${names})`).join("");
      const [from, to] = frame.split === "outer" ? ["0", `${frame.inner}`] : this.#run(frame.unitSize);
      this.#lines.push(`#pragma omp simd${reductions}`, `for (int i = ${from}; i < ${to}; i++) {`);
      this.#lines.push(...this.#body.map((line) => `  ${line}`), "}");
    }
    this.#lines.push(...sums.after);
  }

  /** Values that are neither stored nor kept are written where they are read. */
  #writeMap(node: MapNode): void {
    const { stage, fusion, kept } = this.#context;
    const isStored = fusion.stored.has(node);
    if (!stage.isInner(node)) {
      if (isStored) this.#rowValue(node);
      return;
    }
    if (isStored) this.#body.push(`${this.#element(this.#result(node))} = ${this.#stepValue(node)};`);
    if (kept.has(node)) this.#body.push(`${this.#keptName(node)}[i] = ${this.#stepValue(node)};`);
  }

  /** To a variable where the innermost loop adds to one element, otherwise to the elements of the accumulator. */
  #writeReduction(node: ReduceNode, { declarations, after, byOperator }: RowSums): void {
    const { stage, fusion } = this.#context;
    const isInner = stage.isInner(node);
    const x = this.#read(node.inputs[0]!, node, isInner);
    const total = stage.late.has(node) ? this.#element(this.#accumulatorOf(node)) : undefined;
    if (total !== undefined && !(isInner && this.#stride(this.#accumulatorOf(node)) === 0)) {
      (isInner ? this.#body : this.#before).push(accumulate(node, total, x));
      return;
    }
    const sum = this.#name("s", `${node.id}`);
    this.#rowVariables.set(`m${node.id}`, sum);
    declarations.push(`${localType(node.dtype)} ${sum} = ${neutralElement(node.operation, node.dtype)};`);
    this.#body.push(accumulate(node, sum, x));
    const operator = reductionIdentifier(node);
    byOperator.set(operator, [...(byOperator.get(operator) ?? []), sum]);
    if (total !== undefined) after.push(accumulate(node, total, sum));
    else if (fusion.stored.has(node)) after.push(`${this.#element(this.#result(node))} = ${sum};`);
  }

  #run(unitSize: number): [from: string, to: string] {
    return unitSize === 1 ? ["lo", "hi"] : [`lo * ${unitSize}`, `hi * ${unitSize}`];
  }

  /** The function's parameters. */
  get parameters(): string[] {
    return this.operands.map(({ node, isWritten }, at) => {
      return `${isWritten ? "" : "const "}${cType(node.dtype)} *restrict p${at}`;
    });
  }

  /** The function's body. */
  get text(): string {
    const { frame, kept } = this.#context;
    const arrays = [...kept].map((node) => {
      return `${localType(node.dtype)} ${this.#keptName(node)}[${frame.inner}] __attribute__((aligned(64)));`;
    });
    const hasOuterLoop = frame.split === "outer" || frame.outer.length > 0;
    if (!hasOuterLoop) return indent([...arrays, ...this.#lines]);
    const range = frame.split === "outer" ? "int r = lo; r < hi; r++" : `int r = 0; r < ${frame.outer[0]}; r++`;
    return indent([
      ...arrays,
      `for (${range}) {`,
      ...[...this.#rowPointers(), ...this.#lines].map((line) => `  ${line}`),
      "}",
    ]);
  }

  #rowPointers(): string[] {
    const { frame } = this.#context;
    const { outer } = frame;
    const steps = this.operands.map((operand) => {
      const { outer: strides } = frame.strides(operand);
      const flat = flatStride(outer, strides);
      if (flat !== undefined) return flat === 0 ? "" : ` + (long)r * ${flat}`;
      return strides.map((stride, at) => (stride === 0 ? "" : ` + x${at} * ${stride}L`)).join("");
    });
    const after = rowMajor(outer);
    const used = (at: number) => steps.some((step) => step.includes(`x${at} `));
    const indices = outer.flatMap((dim, at) => (used(at) ? [`x${at} = r / ${after[at]} % ${dim}`] : [])).join(", ");
    const pointers = this.operands.map(({ node, isWritten }, at) => {
      return `${isWritten ? "" : "const "}${cType(node.dtype)} *restrict q${at} = p${at}${steps[at]};`;
    });
    return [...(indices === "" ? [] : [`const int ${indices};`]), ...pointers];
  }

  /** The value of a member's input, in the innermost loop or once per row. */
  #read(value: Value, reader: Node, isInner: boolean): string {
    return this.#readAlong(value, this.#context.stage.axes.get(reader)!, isInner);
  }

  #readAlong(value: Value, axes: readonly number[], isInner: boolean): string {
    const { stage, fusion, frame } = this.#context;
    const { base } = value;
    if (base.kind === "number") return cLiteral(base.value, base.dtype);
    if (stage.axes.has(base)) {
      const isRowValue = !stage.isInner(base) || stage.isRowReduction(base);
      return isRowValue ? this.#rowValue(base as LoopNode) : this.#stepValue(base as MapNode);
    }
    if (fusion.inlined.has(base)) return this.#inlined(base as MapNode, value, axes, isInner);
    const place = this.#context.places.at(value);
    const at = this.#operand({
      node: base,
      target: place.memory,
      ...place,
      strides: this.#alongLoops(value.strides, axes),
    });
    const isConstant = !isInner || frame.strides(this.operands[at]!).inner === 0;
    return this.#variable(`a${at}`, base.dtype, !isConstant, () => this.#element(at));
  }

  /** A cheap map of another stage, computed again. */
  #inlined(node: MapNode, value: Value, axes: readonly number[], isInner: boolean): string {
    const baseAxes = axesOfBase(value)!;
    const own = node.shape.map((_, baseAxis) => axes[baseAxes.indexOf(baseAxis)] ?? -1);
    const isPerStep = isInner && own.some((loop) => this.#context.frame.innerLoops.includes(loop));
    const compute = () =>
      applyFormula(
        node,
        node.inputs.map((input) => this.#readAlong(input, own, isPerStep)),
      );
    return this.#variable(`x${node.id}:${own}`, node.dtype, isPerStep, compute);
  }

  /** A member that is computed in the innermost loop. */
  #stepValue(node: MapNode): string {
    const { levels, fusion, kept } = this.#context;
    const isEarlier = levels.get(node)! < this.#pass;
    return this.#variable(`m${node.id}`, node.dtype, true, () => {
      if (isEarlier && kept.has(node)) return `${this.#keptName(node)}[i]`;
      if (isEarlier && fusion.stored.has(node)) return this.#element(this.#result(node));
      if (isEarlier && !isCheap(node)) this.recomputed.add(node);
      return applyFormula(
        node,
        node.inputs.map((input) => this.#read(input, node, true)),
      );
    });
  }

  /** A member that has one value per row. */
  #rowValue(node: LoopNode): string {
    const known = this.#rowVariables.get(`m${node.id}`);
    if (known !== undefined) return known;
    if (node.kind === "reduce") throw new Error(`the sum of a row is read before its pass`);
    const name = this.#variable(`m${node.id}`, node.dtype, false, () => {
      return applyFormula(
        node,
        node.inputs.map((input) => this.#read(input, node, false)),
      );
    });
    if (this.#context.fusion.stored.has(node)) this.#before.push(`${this.#element(this.#result(node))} = ${name};`);
    return name;
  }

  /** A variable with the given value, declared at the first use in its scope. */
  #variable(key: string, dtype: DType, isPerStep: boolean, compute: () => string): string {
    const known = this.#rowVariables.get(key) ?? this.#stepVariables.get(key);
    if (known !== undefined) return known;
    const value = compute();
    const name = this.#name("v", `${isPerStep ? `${this.#pass}:` : ""}${key}`);
    (isPerStep ? this.#stepVariables : this.#rowVariables).set(key, name);
    (isPerStep ? this.#body : this.#before).push(`const ${localType(dtype)} ${name} = ${value};`);
    return name;
  }

  /** Names by order of appearance, so that equal loops have equal code. */
  #name(prefix: string, key: string): string {
    const known = this.#names.get(prefix + key) ?? `${prefix}${this.#names.size}`;
    this.#names.set(prefix + key, known);
    return known;
  }

  #keptName(node: Node): string {
    return this.#name("t", `${node.id}`);
  }

  #operand(operand: Omit<Operand, "isWritten">, isWritten = false): number {
    const key = `${operand.offset}|${operand.strides}`;
    const known = this.#positions.get(operand.target) ?? new Map<string, number>();
    const at = known.get(key) ?? this.operands.push({ ...operand, isWritten }) - 1;
    this.#positions.set(operand.target, known.set(key, at));
    this.operands[at]!.isWritten ||= isWritten;
    return at;
  }

  /** Where a member's result is written. */
  #result(node: Node): number {
    const { memory, offset, strides } = this.#context.places.of(node);
    return this.#operand({ node, target: memory, offset, strides: this.#resultStrides(node, strides) }, true);
  }

  #accumulatorOf(node: ReduceNode): number {
    const target = this.#context.accumulators.get(node)!;
    return this.#operand({ node, target, offset: 0, strides: this.#resultStrides(node, rowMajor(node.shape)) }, true);
  }

  #resultStrides(node: Node, strides: readonly number[]): number[] {
    const moving = strides.map((stride, axis) => (node.shape[axis] === 1 ? 0 : stride));
    return this.#alongLoops(moving, this.#context.stage.axes.get(node)!);
  }

  #alongLoops(strides: readonly number[], axes: readonly number[]): number[] {
    const along = new Array<number>(this.#context.stage.loops.length).fill(0);
    for (const [axis, loop] of axes.entries()) if (loop >= 0) along[loop] = strides[axis]!;
    return along;
  }

  #stride(at: number): number {
    return this.#context.frame.strides(this.operands[at]!).inner;
  }

  /** The element of an operand at the current position. */
  #element(at: number): string {
    const { frame } = this.#context;
    const pointer = frame.split === "outer" || frame.outer.length > 0 ? `q${at}` : `p${at}`;
    const stride = this.#stride(at);
    return stride === 0 ? `${pointer}[0]` : stride === 1 ? `${pointer}[i]` : `${pointer}[(long)i * ${stride}]`;
  }
}

function accumulate({ operation, dtype }: ReduceNode, total: string, x: string): string {
  const isPlainSum = operation === "sum" && isFloat(dtype);
  return isPlainSum ? `${total} += ${x};` : `${total} = ${combine(operation, dtype, total, x)};`;
}

/** What joins the lanes of a vector in OpenMP, whose own maximum and minimum drop NaN. */
function reductionIdentifier({ operation, dtype }: ReduceNode): string {
  if (operation === "sum") return "+";
  return isFloat(dtype) ? `${operation}_${typeSuffix(dtype)}` : operation;
}

/** Truth values are computed as integers: that vectorises. */
function localType(dtype: DType): string {
  return dtype === "bool" ? "int" : cType(dtype);
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `${line.startsWith("#") ? "" : "  "}${line}\n`).join("");
}
