/*
 * Functions that formulas call: NAME_TYPE, for the types f32, f64, i64, i32 and u8.
 *
 * The f32 functions have no branches and call nothing, so that loops over them vectorise. Only sin and cos, of huge
 * numbers, and pow, with an unusual exponent, call the C library. They need IEEE arithmetic (no -ffast-math) and GCC or
 * clang. Largest errors, with and without fused multiply-adds, in units in the last place of a result that is a normal
 * number:
 *
 *     exp 2     log 2    log1p 3    sqrt 0.5       sin, cos 1               tanh 2
 *     erf 2     gelu 3 for x >= 0  silu 4 for x >= -87  sigmoid 3     softplus 3
 *
 * and 1.2e-7 (1 + |result|) everywhere.
 *
 * NaN gives NaN, in min and max on either side, too. Infinities and subnormal numbers are right, in results as well.
 * silu and gelu of -infinity are NaN, as in PyTorch.
 *
 * f64 functions are the C library's. Integers wrap around; a quotient by 0 is 0.
 */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#ifndef INLINE
#define INLINE static inline __attribute__((always_inline))
#endif

/* Formulas are computed as they are written: a·b − a·b is 0. Where one rounding instead of two is welcome, it is asked for. */
#if defined(__FMA__) || defined(__aarch64__)
#define FMA(a, b, c) __builtin_fmaf(a, b, c)
#else
#define FMA(a, b, c) ((a) * (b) + (c))
#endif

INLINE float float_of_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

INLINE uint32_t bits_of_float(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

/* 2^n for -126 <= n <= 127. */
INLINE float power_of_two(int32_t n) { return float_of_bits((uint32_t)(n + 127) << 23); }

/*
 * exp(x) = 2^n exp(r) with |r| <= ln 2 / 2. The polynomial and the halves of ln 2 are those of expf in Moshier's Cephes
 * library. 2^n is applied in two steps because it may lie outside the normal numbers where the result does not.
 */
INLINE float exp_f32(float x) {
  const float low = x < -104.f ? -104.f : x;
  const float clamped = low > 89.f ? 89.f : low;
  /* Adding 1.5 * 2^23 rounds to an integer, which the low bits then hold. */
  const float round = 12582912.f;
  const float shifted = clamped * 1.44269504f + round;
  const int32_t n = (int32_t)(bits_of_float(shifted) - bits_of_float(round));
  const float whole = shifted - round;
  const float r = FMA(whole, 2.12194440e-4f, FMA(whole, -0.693359375f, clamped));
  float p = 1.9875691500e-4f;
  p = FMA(p, r, 1.3981999507e-3f);
  p = FMA(p, r, 8.3334519073e-3f);
  p = FMA(p, r, 4.1665795894e-2f);
  p = FMA(p, r, 1.6666665459e-1f);
  p = FMA(p, r, 5.0000001201e-1f);
  p = FMA(p, r * r, r) + 1.f;
  const int32_t half = n >> 1;
  return p * power_of_two(half) * power_of_two(n - half);
}

/* log(x) = e ln 2 + log(m) with 1/sqrt 2 <= m < sqrt 2. The polynomial is that of logf in Cephes. */
INLINE float log_f32(float x) {
  const int is_subnormal = x < FLT_MIN;
  const uint32_t bits = bits_of_float(is_subnormal ? x * 8388608.f : x);
  const float mantissa = float_of_bits((bits & 0x007fffffu) | 0x3f000000u);
  const int is_small = mantissa < 0.707106781f;
  const float e = (float)((int32_t)(bits >> 23) - 126 - is_small - 23 * is_subnormal);
  const float m = is_small ? mantissa + mantissa - 1.f : mantissa - 1.f;
  const float square = m * m;
  float p = 7.0376836292e-2f;
  p = FMA(p, m, -1.1514610310e-1f);
  p = FMA(p, m, 1.1676998740e-1f);
  p = FMA(p, m, -1.2420140846e-1f);
  p = FMA(p, m, 1.4249322787e-1f);
  p = FMA(p, m, -1.6668057665e-1f);
  p = FMA(p, m, 2.0000714765e-1f);
  p = FMA(p, m, -2.4999993993e-1f);
  p = FMA(p, m, 3.3333331174e-1f);
  const float tail = p * m * square + e * -2.12194440e-4f - 0.5f * square;
  const float y = m + tail + e * 0.693359375f;
  const float positive = x <= FLT_MAX ? y : x;
  return x > 0.f ? positive : x == 0.f ? -INFINITY : NAN;
}

/* Adds to log(u), u = 1 + x, what rounding took from x. */
INLINE float log1p_f32(float x) {
  const float u = 1.f + x;
  const float log = log_f32(u);
  const float y = log + (x - (u - 1.f)) / u;
  return (u > 0.f) & (u <= FLT_MAX) ? y : log;
}

INLINE float sqrt_f32(float x) { return __builtin_sqrtf(x); }
INLINE float abs_f32(float x) { return __builtin_fabsf(x); }
INLINE float sign_f32(float x) { return x != x ? x : (float)(x > 0.f) - (float)(x < 0.f); }

/*
 * sin(x + turns * pi/2): x = n pi/2 + r with |r| <= pi/4, in double. The first 25 bits of pi/2 times n are exact for
 * |x| < 2^28. Constants and polynomials are those of FreeBSD's e_rem_pio2f.c, k_sinf.c and k_cosf.c.
 */
INLINE float shifted_sine(float x, int32_t turns) {
  const double round = 6755399441055744.;
  const double whole = ((double)x * 6.36619772367581382433e-01 + round) - round;
  const double r = ((double)x - whole * 1.57079631090164184570e+00) - whole * 1.58932547735281966916e-08;
  const double z = r * r;
  const double sine =
      r + r * z * (-0.166666666416265235595 + z * (0.0083333293858894631756 +
                                                   z * (-0.000198393348360966317347 + z * 0.0000027183114939898219064)));
  const double cosine =
      1. + z * (-0.499999997251031003120 +
                z * (0.0416666233237390631894 + z * (-0.00138867637746099294692 + z * 0.0000243904487962774090654)));
  const int32_t quarter = (int32_t)whole + turns;
  const double y = quarter & 1 ? cosine : sine;
  return (float)(quarter & 2 ? -y : y);
}

INLINE float sin_f32(float x) {
  return __builtin_expect(__builtin_fabsf(x) < 268435456.f, 1) ? shifted_sine(x, 0) : sinf(x);
}
INLINE float cos_f32(float x) {
  return __builtin_expect(__builtin_fabsf(x) < 268435456.f, 1) ? shifted_sine(x, 1) : cosf(x);
}

/* The polynomial is that of tanhf in Cephes. */
INLINE float tanh_f32(float x) {
  const float a = __builtin_fabsf(x), z = x * x;
  float p = -5.70498872745e-3f;
  p = FMA(p, z, 2.06390887954e-2f);
  p = FMA(p, z, -5.37397155531e-2f);
  p = FMA(p, z, 1.33314422036e-1f);
  p = FMA(p, z, -3.33332819422e-1f);
  const float small = x + x * (z * p);
  const float large = 1.f - 2.f / (exp_f32(2.f * a) + 1.f);
  return a < 0.625f ? small : __builtin_copysignf(large, x);
}

/* Both polynomials are Norbert Juffa's (https://stackoverflow.com/a/35148199); erf rounds to 1 from 3.92 on. */
INLINE float erf_f32(float x) {
  const float magnitude = __builtin_fabsf(x);
  const float a = magnitude > 4.f ? 4.f : magnitude, z = a * a;
  float p = -5.96761703e-4f;
  p = FMA(p, z, 4.99119423e-3f);
  p = FMA(p, z, -2.67681349e-2f);
  p = FMA(p, z, 1.12819925e-1f);
  p = FMA(p, z, -3.76125336e-1f);
  p = FMA(p, z, 1.28379166e-1f);
  const float small = x + x * p;
  float q = (-1.72853470e-5f * a + 3.83197126e-4f) * z + (-3.88396438e-3f * a + 2.42546219e-2f);
  q = FMA(q, a, -1.06777877e-1f);
  q = FMA(q, a, -6.34846687e-1f);
  q = FMA(q, a, -1.28717512e-1f);
  q = q * a - a;
  return a < 0.927734375f ? small : __builtin_copysignf(1.f - exp_f32(q), x);
}

/* With exp(-|x|), which does not overflow. */
INLINE float sigmoid_f32(float x) {
  const float e = exp_f32(-__builtin_fabsf(x));
  return (x < 0.f ? e : 1.f) / (1.f + e);
}
INLINE float silu_f32(float x) {
  const float e = exp_f32(-__builtin_fabsf(x));
  return (x < 0.f ? x * e : x) / (1.f + e);
}
INLINE float gelu_f32(float x) { return 0.5f * x * (1.f + erf_f32(x * 0.707106781f)); }
INLINE float softplus_f32(float x) { return (x > 0.f ? x : 0.f) + log1p_f32(exp_f32(-__builtin_fabsf(x))); }

/* A NaN on either side is the result. GCC vectorises chains of these, but not of one condition with || or |. */
INLINE float min_f32(float a, float b) {
  const float y = a < b ? a : b;
  return a != a ? a : y;
}
INLINE float max_f32(float a, float b) {
  const float y = a > b ? a : b;
  return a != a ? a : y;
}

/* The exponent is mostly a literal: then only one of the cases remains. */
INLINE float pow_f32(float x, float exponent) {
  if (exponent == 1.f) return x;
  if (exponent == 2.f) return x * x;
  if (exponent == 3.f) return x * x * x;
  if (exponent == -1.f) return 1.f / x;
  if (exponent == -2.f) return 1.f / x / x;
  return powf(x, exponent);
}

INLINE double exp_f64(double x) { return exp(x); }
INLINE double log_f64(double x) { return log(x); }
INLINE double log1p_f64(double x) { return log1p(x); }
INLINE double sqrt_f64(double x) { return sqrt(x); }
INLINE double abs_f64(double x) { return fabs(x); }
INLINE double sign_f64(double x) { return x != x ? x : (double)(x > 0.) - (double)(x < 0.); }
INLINE double sin_f64(double x) { return sin(x); }
INLINE double cos_f64(double x) { return cos(x); }
INLINE double tanh_f64(double x) { return tanh(x); }
INLINE double erf_f64(double x) { return erf(x); }
INLINE double sigmoid_f64(double x) { return 1. / (1. + exp(-x)); }
INLINE double silu_f64(double x) { return x / (1. + exp(-x)); }
INLINE double gelu_f64(double x) { return 0.5 * x * erfc(x * -0.70710678118654752440); }
INLINE double softplus_f64(double x) { return (x > 0. ? x : 0.) + log1p(exp(-fabs(x))); }
INLINE double min_f64(double a, double b) {
  const double y = a < b ? a : b;
  return a != a ? a : y;
}
INLINE double max_f64(double a, double b) {
  const double y = a > b ? a : b;
  return a != a ? a : y;
}
INLINE double pow_f64(double x, double exponent) { return pow(x, exponent); }

/* Join the lanes of a vector. OpenMP's own max and min would drop NaN. */
#pragma omp declare reduction(min_f32 : float : omp_out = min_f32(omp_out, omp_in)) initializer(omp_priv = INFINITY)
#pragma omp declare reduction(max_f32 : float : omp_out = max_f32(omp_out, omp_in)) initializer(omp_priv = -INFINITY)
#pragma omp declare reduction(min_f64 : double : omp_out = min_f64(omp_out, omp_in)) initializer(omp_priv = INFINITY)
#pragma omp declare reduction(max_f64 : double : omp_out = max_f64(omp_out, omp_in)) initializer(omp_priv = -INFINITY)

/* Unsigned arithmetic wraps where signed arithmetic would be undefined. A negative power is 0 except of 1 and -1. */
#define INTEGER_FUNCTIONS(TYPE, UNSIGNED, SUFFIX)                                             \
  INLINE TYPE add_##SUFFIX(TYPE a, TYPE b) { return (TYPE)((UNSIGNED)a + (UNSIGNED)b); }      \
  INLINE TYPE sub_##SUFFIX(TYPE a, TYPE b) { return (TYPE)((UNSIGNED)a - (UNSIGNED)b); }      \
  INLINE TYPE mul_##SUFFIX(TYPE a, TYPE b) { return (TYPE)((UNSIGNED)a * (UNSIGNED)b); }      \
  INLINE TYPE min_##SUFFIX(TYPE a, TYPE b) { return a < b ? a : b; }                          \
  INLINE TYPE max_##SUFFIX(TYPE a, TYPE b) { return a > b ? a : b; }                          \
  INLINE TYPE abs_##SUFFIX(TYPE x) { return x < (TYPE)0 ? (TYPE)(0 - (UNSIGNED)x) : x; }      \
  INLINE TYPE sign_##SUFFIX(TYPE x) { return (TYPE)((x > (TYPE)0) - (x < (TYPE)0)); }         \
  INLINE TYPE div_##SUFFIX(TYPE a, TYPE b) {                                                  \
    const TYPE minus_one = (TYPE)-1;                                                          \
    if (minus_one < (TYPE)0 && b == minus_one) return (TYPE)(0 - (UNSIGNED)a);                \
    return b == 0 ? (TYPE)0 : (TYPE)(a / b);                                                  \
  }                                                                                           \
  INLINE TYPE pow_##SUFFIX(TYPE x, TYPE exponent) {                                           \
    const int is_unit = x == 1 || x == (TYPE)-1;                                              \
    if (exponent < (TYPE)0 && !is_unit) return (TYPE)0;                                       \
    UNSIGNED y = 1, square = (UNSIGNED)x, left = (UNSIGNED)abs_##SUFFIX(exponent);            \
    for (; left > 0; left >>= 1, square *= square) y = left & 1 ? (UNSIGNED)(y * square) : y; \
    return (TYPE)y;                                                                           \
  }
INTEGER_FUNCTIONS(int64_t, uint64_t, i64)
INTEGER_FUNCTIONS(int32_t, uint32_t, i32)
INTEGER_FUNCTIONS(uint8_t, uint8_t, u8)
