/** The C translation units of a traced program. */
import { bytesPerElement } from "../../../dtype.ts";
import type { TracedProgram } from "../../../ir/traced_program.ts";
import { sizeOf } from "../../../shape.ts";
import type { GeneratedCode, Slot } from "../generated_code.ts";
import { runtimeHeader } from "../runtime_headers.ts";
import { cType } from "./c_types.ts";
import { combine, neutralElement } from "./formulas.ts";
import { fuse, type Stage } from "./fusion.ts";
import type { Node } from "./ir.ts";
import { type Accumulator, Functions, type Kernel } from "./kernel.ts";
import { type CodeContext, loopKernel } from "./loops.ts";
import { lowerProgram } from "./lower_program.ts";
import { Places } from "./memory.ts";
import { Products } from "./products.ts";
import { routineKernel } from "./routines.ts";
import { type Chain, type Region, schedule } from "./schedule.ts";
import { flatStride, rowMajor } from "./views.ts";

/** Cheaper regions run on the caller's thread: waking the others would take longer. */
const MIN_PARALLEL_CYCLES = 10_000;

/** In the order in which they build on one another. */
const KERNEL_HEADERS = ["math.h", "products.h", "convolutions.h", "ordering.h"];
const STEP_HEADERS = ["math.h", "threads.h"];
/** Below this, a compiler takes longer to start twice than to compile. */
const MIN_CHARACTERS_OF_TWO_UNITS = 50_000;

/** @throws Error naming an operation or element type that C code cannot compute. */
export function generate(program: TracedProgram): GeneratedCode {
  const lowered = lowerProgram(program);
  const fusion = fuse(lowered.fetches.map(({ node }) => node));
  const places = new Places(lowered, fusion);
  const functions = new Functions();
  const context: CodeContext = { fusion, places, functions };
  const products = new Products(context);
  const kernels = fusion.stages.flatMap((stage) => kernelsOf(stage, context, products));
  const regions = schedule(kernels, places);
  const arenaBytes = places.plan();
  const { feeds, constants, fetches } = lowered;
  const slots: Slot[] = [
    ...feeds.map((node): Slot => ({ kind: "feed", name: node.name, bytes: bytesOf(node) })),
    ...constants.map(({ index }): Slot => ({ kind: "constant", node: index })),
    ...fetches.map(({ name, node }): Slot => ({ kind: "fetch", name, bytes: bytesOf(node) })),
  ];
  return { sources: sourcesOf(functions, stepSource(regions)), slots, arenaBytes };
}

function sourcesOf({ definitions, declarations }: Functions, step: string): string[] {
  const unit = (headers: readonly string[], ...parts: string[]) => [...headers.map(runtimeHeader), ...parts].join("\n");
  if (definitions.length < MIN_CHARACTERS_OF_TWO_UNITS) {
    return [unit([...new Set([...KERNEL_HEADERS, ...STEP_HEADERS])], definitions, step)];
  }
  return [unit(KERNEL_HEADERS, definitions), unit(STEP_HEADERS, declarations, step)];
}

function bytesOf({ dtype, shape }: Node): number {
  return sizeOf(shape) * bytesPerElement(dtype);
}

function kernelsOf(stage: Stage, context: CodeContext, products: Products): Kernel[] {
  const { stored } = context.fusion;
  const node = stage.members[0]!;
  if (stage.isNest) {
    const isNeeded = stage.members.some((member) => stored.has(member) && sizeOf(member.shape) > 0);
    return isNeeded ? [loopKernel(stage, context)] : [];
  }
  if (node.kind === "product") return products.kernels(node);
  return node.kind === "routine" ? [routineKernel(node, context)] : [];
}

function stepSource(regions: readonly Region[]): string {
  const functions = regions.map(regionSource).join("\n");
  const calls = regions.map(({ chains, cost }, index) => {
    const tasks = chains.reduce((sum, chain) => sum + chain.tasks, 0);
    const pool = cost < MIN_PARALLEL_CYCLES ? "0" : "pool";
    const accumulators = chains.flatMap((chain) =>
      chain.kernels.flatMap((kernel) => kernel.accumulators.map((each) => combineSource(each, chain.tasks))),
    );
    return [`  run_tasks(${pool}, region_${index}, &step, ${tasks});`, ...accumulators].join("\n");
  });
  return `struct step { char *arena; void **slots; };
${functions}
static void handrail_step(struct pool *pool, char *A, void **X) {
  const struct step step = {A, X};
${calls.join("\n")}
}
`;
}

/**
 * A function that runs any task of the region. Tasks of all chains that are about as far from the beginning have similar
 * numbers: threads take them from both ends, and so find the rows in their caches that they worked on before.
 */
function regionSource({ chains }: Region, index: number): string {
  let first = 0;
  const cases = chains.map((chain) => {
    const source = chainSource(chain, first);
    first += chain.tasks;
    return source;
  });
  const tasks = chains.flatMap((chain) => Array.from({ length: chain.tasks }, (_, t) => (t + 0.5) / chain.tasks));
  const order = [...tasks.keys()].sort((a, b) => tasks[a]! - tasks[b]!);
  const isInOrder = order.every((task, at) => task === at);
  return `static void region_${index}(const void *context, int task) {
${isInOrder ? "" : `  static const int order[] = {${order}};\n  task = order[task];\n`}  char *const A = ((const struct step *)context)->arena;
  void **const X = ((const struct step *)context)->slots;
  (void)A;
  (void)X;
${cases.join("\n")}
}
`;
}

function chainSource({ kernels, units, granularity, tasks, block }: Chain, first: number): string {
  const blocks = Math.ceil(units / granularity);
  const bound = (task: string) =>
    granularity === 1
      ? `${units}L * (${task}) / ${tasks}`
      : `end_of(${blocks}L * (${task}) / ${tasks} * ${granularity}, ${units})`;
  const zeros = kernels.flatMap((kernel) => kernel.accumulators.map(zeroSource));
  const calls = (lo: string, hi: string) =>
    kernels.map((kernel) => `/* ${kernel.label} */ ${kernel.call(lo, hi, "t")}`);
  const isBlocked = kernels.length > 1 && units > block;
  const body = isBlocked
    ? [
        `for (int b = lo; b < hi; b += ${block}) {`,
        `  const int e = end_of(b + ${block}L, hi);`,
        ...calls("b", "e").map((line) => `  ${line}`),
        "}",
      ]
    : calls("lo", "hi");
  const lines = [
    `const int t = task - ${first}, lo = ${bound("t")}, hi = ${bound("t + 1")};`,
    ...zeros,
    ...body,
    "return;",
  ];
  return `  if (task < ${first + tasks}) {\n${lines.map((line) => `    ${line}`).join("\n")}\n  }`;
}

function zeroSource({ operation, size, node, parts }: Accumulator): string {
  return `for (int i = 0; i < ${size}; i++) (${parts!.pointer(0)} + t * ${size}L)[i] = ${neutralElement(operation, node.dtype)};`;
}

/** Adds the parts of an accumulator, in the order of the tasks. */
function combineSource({ operation, size, node, parts, place }: Accumulator, tasks: number): string {
  const type = cType(node.dtype);
  const values = Array.from({ length: tasks }, (_, task) => `parts[${task * size}L + i]`);
  const total = values.reduce((a, b) => combine(operation, node.dtype, a, b));
  const flat = flatStride(node.shape, place.strides);
  const after = rowMajor(node.shape);
  const at =
    flat === undefined
      ? node.shape.map((dim, axis) => `i / ${after[axis]} % ${dim} * ${place.strides[axis]}L`).join(" + ")
      : `i * ${flat}L`;
  return `  {
    const ${type} *const restrict parts = ${parts!.pointer(0)};
    ${type} *const restrict total = ${place.memory.pointer(place.offset)};
    for (int i = 0; i < ${size}; i++) total[${at}] = ${total};
  }`;
}
