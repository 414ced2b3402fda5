/** The order of kernels: regions one after another, and in each of them chains of kernels, cut into tasks. */

import type { Node } from "./ir.ts";
import type { Access, Kernel } from "./kernel.ts";
import type { Places } from "./memory.ts";

/** Kernels with equally many units, each of which needs nothing of the others but its own part. */
export interface Chain {
  readonly kernels: readonly Kernel[];
  readonly units: number;
  readonly granularity: number;
  readonly tasks: number;
  /** The chain's kernels take turns after this many units, so that what they pass on stays in the cache. */
  readonly block: number;
}

/** All its tasks may run at the same time; the next region begins when they have ended. */
export interface Region {
  readonly chains: readonly Chain[];
  /** Clock cycles, roughly. */
  readonly cost: number;
}

/** A task is worth about a microsecond's claim and the cold start of another core's cache. */
const CYCLES_PER_TASK = 24_000;
const MAX_TASKS = 24;
/** All tasks' parts of an accumulator together, in elements. */
const MAX_PARTS = 1 << 18;
/** What a block of a chain's units may touch, in elements: part of the second-level cache. */
const BLOCK_ELEMENTS = 1 << 16;

export function schedule(kernels: readonly Kernel[], places: Places): Region[] {
  const dependencies = findDependencies(kernels);
  const regionOf = new Map<Kernel, number>();
  const regions: Region[] = [];
  let pending = [...kernels];
  while (pending.length > 0) {
    const region = regions.length;
    const members = new Set<Kernel>();
    for (const kernel of pending) {
      const isReady = dependencies.get(kernel)!.every((dependency) => {
        return regionOf.has(dependency.kernel) || (dependency.isAligned && members.has(dependency.kernel));
      });
      if (isReady) members.add(kernel);
    }
    if (members.size === 0) throw new Error("the kernels of a step depend on each other in a circle");
    for (const kernel of members) regionOf.set(kernel, region);
    pending = pending.filter((kernel) => !members.has(kernel));
    const chains = joinChains(members, dependencies).map((each) => toChain(each, places));
    const cost = [...members].reduce((sum, { units, cost: perUnit }) => sum + units * perUnit, 0);
    regions.push({ chains, cost });
    for (const kernel of members) {
      for (const memory of kernel.memories) memory.use(region);
      for (const { parts, place } of kernel.accumulators) {
        parts!.use(region);
        place.memory.use(region);
      }
    }
  }
  return regions;
}

interface Dependency {
  readonly kernel: Kernel;
  /** Unit by unit: unit i needs only unit i. */
  readonly isAligned: boolean;
}

function findDependencies(kernels: readonly Kernel[]): ReadonlyMap<Kernel, readonly Dependency[]> {
  const writers = new Map<object, { kernel: Kernel; access: Access }[]>();
  for (const kernel of kernels) {
    for (const access of kernel.writes) {
      const known = writers.get(access.value) ?? [];
      writers.set(access.value, [...known, { kernel, access }]);
    }
  }
  const writersOf = (value: object): { kernel: Kernel; access: Access }[] => {
    const { kind, inputs } = value as Partial<Node>;
    return kind === "concat" ? inputs!.flatMap(({ base }) => writersOf(base)) : (writers.get(value) ?? []);
  };
  const dependenciesOf = (kernel: Kernel): Dependency[] =>
    kernel.reads.flatMap((read) => {
      const others = writersOf(read.value).filter((writer) => writer.kernel !== kernel);
      return others.map(({ kernel: writer, access }) => ({
        kernel: writer,
        isAligned: writer.units === kernel.units && read.step !== undefined && access.step === read.step,
      }));
    });
  return new Map(kernels.map((kernel) => [kernel, dependenciesOf(kernel)]));
}

/** Connected kernels of a region, in order. */
function joinChains(
  members: ReadonlySet<Kernel>,
  dependencies: ReadonlyMap<Kernel, readonly Dependency[]>,
): readonly Kernel[][] {
  const order = new Map([...members].map((kernel, position) => [kernel, position]));
  const chainOf = new Map<Kernel, Kernel[]>();
  for (const kernel of members) {
    const joined = new Set([kernel]);
    for (const { kernel: other } of dependencies.get(kernel)!)
      for (const each of chainOf.get(other) ?? []) joined.add(each);
    const chain = [...joined].sort((a, b) => order.get(a)! - order.get(b)!);
    for (const each of chain) chainOf.set(each, chain);
  }
  return [...new Set(chainOf.values())];
}

function toChain(kernels: readonly Kernel[], places: Places): Chain {
  const { units } = kernels[0]!;
  const granularity = Math.max(...kernels.map((kernel) => kernel.granularity));
  const cost = units * kernels.reduce((sum, kernel) => sum + kernel.cost, 0);
  const accumulators = kernels.flatMap((kernel) => kernel.accumulators);
  const largest = Math.max(1, ...accumulators.map(({ size }) => size));
  const limit = Math.min(MAX_TASKS, Math.ceil(units / granularity), Math.max(2, Math.floor(MAX_PARTS / largest)));
  const tasks = Math.max(1, Math.min(limit, Math.round(cost / CYCLES_PER_TASK)));
  for (const accumulator of accumulators) {
    accumulator.parts = places.allocate(accumulator.node.dtype, accumulator.size * tasks);
  }
  return { kernels, units, granularity, tasks, block: blockSize(kernels, granularity) };
}

function blockSize(kernels: readonly Kernel[], granularity: number): number {
  const accesses = kernels.flatMap(({ reads, writes }) => [...reads, ...writes]);
  const touched = new Map(accesses.map(({ value, step }) => [value, step ?? 0]));
  const perUnit = [...touched.values()].reduce((sum, step) => sum + step, 1);
  return Math.max(1, Math.floor(BLOCK_ELEMENTS / perUnit / granularity)) * granularity;
}
