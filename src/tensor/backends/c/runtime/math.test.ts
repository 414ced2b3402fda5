import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const HEADER = join(import.meta.dirname, "math.h");
const OPTIONS = ["-w", "-fno-math-errno", "-fno-trapping-math", "-fopenmp-simd", "-ffp-contract=off"];
const TUNING = process.arch === "x64" ? "-march=native" : "-mcpu=native";
const version = spawnSync("cc", ["--version"], { encoding: "utf8" }).stdout ?? "";

const folder = mkdtempSync(join(tmpdir(), "handrail-math-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Errors in units in the last place where x ≥ `above`. */
const BOUNDS: Readonly<
  Record<string, { readonly reference?: string; readonly ulps: number; readonly above?: number }>
> = {
  exp: { ulps: 2 },
  log: { ulps: 2 },
  log1p: { ulps: 3 },
  sqrt: { ulps: 0.5 },
  sin: { ulps: 1 },
  cos: { ulps: 1 },
  tanh: { ulps: 2 },
  erf: { ulps: 2 },
  sigmoid: { reference: "1 / (1 + exp(-x))", ulps: 3 },
  softplus: { reference: "(x > 0 ? x : 0) + log1p(exp(-fabs(x)))", ulps: 3 },
  silu: { reference: "x / (1 + exp(-x))", ulps: 4, above: -87 },
  gelu: { reference: "0.5 * x * erfc(-x * M_SQRT1_2)", ulps: 3, above: 0 },
};
const NAMES = Object.keys(BOUNDS);

function compileC(name: string, source: string, ...options: string[]): string {
  writeFileSync(join(folder, `${name}.c`), `#include "${HEADER}"\n${source}`);
  const files = [join(folder, `${name}.c`), "-o", join(folder, name), "-lm"];
  execFileSync("cc", ["-O2", ...OPTIONS, ...options, ...files], { stdio: "pipe" });
  return join(folder, name);
}

/** Compares each function with the C library's double one at every 5000th float, and at three of each exponent. */
const ERRORS = `
#include <stdio.h>
static double ulps, relative;
static void compare(float x, float y, double expected, float above) {
  const float rounded = (float)expected;
  if (y == rounded || (isnan(y) && isnan(expected))) return;
  const double error = isfinite(y) && isfinite(rounded) ? fabs(y - expected) : INFINITY;
  const double unit = fabs(expected) < FLT_MIN ? 0x1p-149 : ldexp(1, ilogb(expected) - 23);
  if (x >= above) ulps = fmax(ulps, error / unit);
  relative = fmax(relative, error / (1 + fabs(expected)));
}
int main(void) {
${NAMES.map((name) => {
  const { reference = `${name}(x)`, above = Number.NEGATIVE_INFINITY } = BOUNDS[name]!;
  return `
  ulps = relative = 0;
  for (uint64_t bits = 0; bits < 0x100000000; bits++) {
    const float f = float_of_bits((uint32_t)bits);
    const double x = f;
    compare(f, ${name}_f32(f), ${reference}, ${Number.isFinite(above) ? above : "-INFINITY"});
    const uint64_t mantissa = bits & 0x7fffff;
    if (mantissa > 0 && mantissa < 0x7fffff - 5000) bits += 4999;
    else if (mantissa >= 0x7fffff - 5000 && mantissa < 0x7ffffe) bits |= 0x7ffffe;
  }
  printf("${name} %g %g\\n", ulps, relative);`;
}).join("")}
}`;

describe.skipIf(version === "")("C functions of float32 (skipped without a C compiler called cc)", () => {
  test.each([
    ["with the processor's instructions", TUNING],
    ["with those of every processor", "-O2"],
  ])("have the errors that the header states, %s", (title, option) => {
    const output = execFileSync(compileC(title.replaceAll(/\W/g, "_"), ERRORS, option), { encoding: "utf8" });
    const errors = output.trim().split("\n");
    expect(errors.map((line) => line.split(" ")[0])).toEqual(NAMES);
    for (const line of errors) {
      const [name, ulps, relative] = line.split(" ");
      expect(Number(ulps), name).toBeLessThanOrEqual(BOUNDS[name!]!.ulps);
      expect(Number(relative), name).toBeLessThan(1.2e-7);
    }
  });

  test.skipIf(!version.includes("Free Software Foundation"))("are vectorised by GCC", () => {
    const calls = [
      ...NAMES.filter((name) => name !== "sin" && name !== "cos").map((name) => `${name}_f32(x[i])`),
      "sign_f32(x[i]) * abs_f32(z[i])",
      "min_f32(max_f32(x[i], z[i]), w[i])",
      "pow_f32(x[i], 3.f)",
      "x[i] > 0 ? silu_f32(z[i]) : log1p_f32(w[i])",
    ];
    const parameters = "float *restrict y, const float *x, const float *z, const float *w, long n";
    const source = calls
      .map(
        (call, at) => `void f${at}(${parameters}) { _Pragma("omp simd") for (long i = 0; i < n; i++) y[i] = ${call}; }`,
      )
      .join("\n");
    const log = join(folder, "vectorised.txt");
    compileC("vectorised", source, "-O3", TUNING, `-fopt-info-vec-all=${log}`, "-c");
    const report = readFileSync(log, "utf8").match(/vectorized \d loops in function/g)!;
    expect(report).toEqual(calls.map(() => "vectorized 1 loops in function"));
  });
});

const CHECKS = [
  "isnan(min_f32(NAN, 1)) && isnan(min_f32(1, NAN)) && isnan(max_f32(NAN, 1)) && isnan(max_f32(1, NAN))",
  "isnan(min_f64(NAN, 1)) && isnan(max_f64(1, NAN)) && min_f64(-1, 2) == -1 && max_f64(-1, 2) == 2",
  "isnan(sign_f32(NAN)) && sign_f32(-0x1p-149f) == -1 && sign_f32(0) == 0 && sign_f64(3) == 1",
  "isnan(sin_f32(INFINITY)) && isnan(cos_f32(-INFINITY)) && isnan(tanh_f32(NAN)) && isnan(erf_f32(NAN))",
  "pow_f32(3, -2) == 1.f / 9 && pow_f32(-2, 3) == -8 && pow_f32(4, 2.5f) == 32 && pow_f32(5, 0) == 1",
  "fabs(softplus_f64(-40) - exp(-40)) < 1e-30 && softplus_f64(800) == 800 && sigmoid_f64(-800) == 0",
  "fabs(gelu_f64(-9) / (-4.5 * erfc(9 * M_SQRT1_2)) - 1) < 1e-12 && fabs(silu_f64(1) - 1 / (1 + exp(-1))) < 1e-15",
  "div_i32(7, 0) == 0 && div_i32(INT32_MIN, -1) == INT32_MIN && div_i32(-7, 2) == -3 && div_i32(-7, -1) == 7",
  "div_i64(7, 0) == 0 && div_i64(INT64_MIN, -1) == INT64_MIN && div_u8(7, 0) == 0 && div_u8(255, 255) == 1",
  "abs_i32(INT32_MIN) == INT32_MIN && abs_i64(-5) == 5 && abs_u8(200) == 200 && sign_i64(-9) == -1 && sign_u8(9) == 1",
  "add_i32(INT32_MAX, 1) == INT32_MIN && sub_i64(INT64_MIN, 1) == INT64_MAX && mul_i32(65536, 65537) == 65536",
  "add_u8(200, 100) == 44 && sub_u8(1, 2) == 255 && mul_u8(16, 17) == 16 && mul_i64(-3, 5) == -15",
  "min_i32(-1, 2) == -1 && max_i64(-1, 2) == 2 && max_u8(200, 3) == 200",
  "pow_i64(3, 39) == 4052555153018976267 && pow_i32(-1, -3) == -1 && pow_i32(2, -1) == 0 && pow_u8(2, 7) == 128",
];

describe.skipIf(version === "")("C functions of other values (skipped without a C compiler called cc)", () => {
  test("propagate NaN, and do not trap on integers", () => {
    const source = `#include <stdio.h>\nint main(void) {\n${CHECKS.map(
      (check) => `  if (!(${check})) puts(${JSON.stringify(check)});`,
    ).join("\n")}\n}`;
    expect(execFileSync(compileC("checks", source), { encoding: "utf8" })).toBe("");
  });
});
