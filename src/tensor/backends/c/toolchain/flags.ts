/** What the compiler is told. */

export interface Flags {
  /** Without these, it makes no addon. */
  readonly required: readonly string[];
  /** For this very processor: several times the speed. A compiler that does not know one of them has to do without all. */
  readonly tuning: readonly string[];
  /** After the sources, where they are linked. */
  readonly linking: readonly string[];
}

const COMMON = [
  ...["-std=gnu11", "-D_GNU_SOURCE", "-O2", "-fPIC", "-pthread", "-fvisibility=hidden", "-w"],
  // Loops with square roots, comparisons and sums become vector code. None of these changes the value of an operation.
  ...["-fno-math-errno", "-fno-trapping-math", "-fopenmp-simd"],
  // A product and a sum are rounded one by one, unless the runtime asks for both at once: a·b − a·b is 0.
  "-ffp-contract=off",
];

/** Node closes an addon when the thread that loaded it ends; a library stays where another thread may still use it. */
const STAY_LOADED = "-Wl,-z,nodelete";

/** The addon takes Node-API from the process that loads it. */
const FROM_THE_PROCESS = ["-undefined", "dynamic_lookup"];

export function compilerFlags(platform: string = process.platform, arch: string = process.arch): Flags {
  return {
    required: COMMON,
    tuning: TUNING[arch] ?? [],
    linking: ["-shared", ...(platform === "darwin" ? FROM_THE_PROCESS : [STAY_LOADED]), "-lm"],
  };
}

const TUNING: Readonly<Record<string, readonly string[]>> = {
  // Without the width, compilers use half of the processor's vectors.
  x64: ["-march=native", "-mprefer-vector-width=512"],
  arm64: ["-mcpu=native"],
};
