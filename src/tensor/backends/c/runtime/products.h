/* Register-blocked matrix products in vector C. A tile of MR rows and NR columns of the result stays in registers while the
 * loop over k adds outer products to it (Goto & van de Geijn 2008; BLIS's micro-kernel). The right operand is read in rows
 * of NR columns: in place, or from panels that pack_rows and pack_columns make. */
#include <string.h>

/* In sums of products, one rounding instead of two is faster and more exact. */
#ifdef __clang__
#pragma clang fp contract(fast)
#else
#pragma GCC push_options
#pragma GCC optimize("fp-contract=fast")
#endif

#define NOINLINE __attribute__((noinline, unused))
#define FUNCTION static __attribute__((noinline, unused))
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* Floats in a vector register, and rows of a tile: MR * 2 sums, 2 columns and a factor fill the register file. */
#if defined(__AVX512F__)
#define VL 16
#define MR 12
#elif defined(__AVX__)
#define VL 8
#define MR 6
#elif defined(__aarch64__)
#define VL 4
#define MR 12
#else
#define VL 4
#define MR 6
#endif
#define NR (2 * VL)
#define PANELS (32 / NR) /* The generator counts panels of 32 columns. */
typedef float vf __attribute__((vector_size(VL * 4), aligned(4), may_alias));

/* Elements of x and y, by their positions in both together. GCC before version 12 has a function of its own for that. */
#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
typedef int vf_index __attribute__((vector_size(VL * 4)));
#define SHUFFLE(x, y, ...) __builtin_shuffle(x, y, (vf_index){__VA_ARGS__})
#endif

enum { FROM_ZERO, FROM_BIAS, FROM_RESULT };

/* rows × (vectors * VL) of the result. Row i of the left operand is at a + i * row, its element k at + k * depth. */
INLINE void product_tile(const int rows, const int vectors, long k, const float *restrict a, long row, long depth,
                         const float *restrict b, long ldb, float *restrict c, long ldc, int from, const float *bias) {
  vf sums[MR][2];
  UNROLL
  for (int i = 0; i < rows; i++) {
    UNROLL
    for (int j = 0; j < vectors; j++) {
      if (from == FROM_RESULT) sums[i][j] = *(const vf *)(c + i * ldc + j * VL);
      else if (from == FROM_BIAS) sums[i][j] = *(const vf *)(bias + j * VL);
      else sums[i][j] = (vf){0};
    }
  }
  /* Four pointers, three rows each: addresses then need no arithmetic in the loop. */
  const float *a0 = a, *a3 = a + 3 * row, *a6 = a + 6 * row, *a9 = a + 9 * row;
  for (long at = 0; at < k; at++) {
    vf columns[2];
    UNROLL
    for (int j = 0; j < vectors; j++) columns[j] = *(const vf *)(b + j * VL);
    UNROLL
    for (int i = 0; i < rows; i++) {
      const float *p = i < 3 ? a0 : i < 6 ? a3 : i < 9 ? a6 : a9;
      const float factor = p[(i % 3) * row];
      UNROLL
      for (int j = 0; j < vectors; j++) sums[i][j] += factor * columns[j];
    }
    b += ldb;
    a0 += depth;
    a3 += depth;
    a6 += depth;
    a9 += depth;
  }
  UNROLL
  for (int i = 0; i < rows; i++) {
    UNROLL
    for (int j = 0; j < vectors; j++) *(vf *)(c + i * ldc + j * VL) = sums[i][j];
  }
}

typedef void tile_function(long k, const float *a, long lda, const float *b, long ldb, float *c, long ldc, int from,
                           const float *bias);
#define TILE(rows, layout, row, depth)                                                                                  \
  FUNCTION void tile_##rows##layout(long k, const float *a, long lda, const float *b, long ldb, float *c, long ldc,      \
                                    int from, const float *bias) {                                                     \
    product_tile(rows, 2, k, a, row, depth, b, ldb, c, ldc, from, bias);                                               \
  }
#define TILES(rows) TILE(rows, n, lda, 1) TILE(rows, t, 1, lda)
TILES(1) TILES(2) TILES(3) TILES(4) TILES(5) TILES(6)
#if MR == 12
TILES(7) TILES(8) TILES(9) TILES(10) TILES(11) TILES(12)
#define MORE_TILES(layout) , tile_7##layout, tile_8##layout, tile_9##layout, tile_10##layout, tile_11##layout, tile_12##layout
#else
#define MORE_TILES(layout)
#endif
#define ALL_TILES(layout) {0, tile_1##layout, tile_2##layout, tile_3##layout, tile_4##layout, tile_5##layout, tile_6##layout MORE_TILES(layout)}
static tile_function *const tiles[2][MR + 1] __attribute__((unused)) = {ALL_TILES(n), ALL_TILES(t)};

/* Cuts rows into tiles of nearly equal height: 256 = 20 * 12 + 2 * 8 rather than 21 * 12 + 4. */
INLINE int tile_rows(int left) {
  if (left >= 2 * MR || left <= MR) return left < MR ? left : MR;
  return (left + 1) / 2;
}

#define DEPTH 384      /* k of one run: a panel of it stays in the first-level cache. */
#define ROWS (4 * MR)  /* Rows that share a pass over the panels. */

/* Rows m0 … m1 − 1 of c = a·b + bias; a is transposed in memory if `transposed`. The columns of b come in panels of NR,
 * `panel` apart, with rows ldb apart. */
FUNCTION void product_rows(int transposed, int m0, int m1, int n, int k, const float *a, long lda, const float *b,
                           long ldb, long panel, float *c, long ldc, const float *bias) {
  float gathered[DEPTH * ROWS] __attribute__((aligned(64)));
  const int run = k <= 2 * DEPTH ? k : DEPTH;
  for (int k0 = 0; k0 < k; k0 += run) {
    const int depth = k - k0 < run ? k - k0 : run;
    const int from = k0 > 0 ? FROM_RESULT : bias ? FROM_BIAS : FROM_ZERO;
    /* Rows of a transposed operand that lie far apart share cache sets. */
    const int gathers = transposed && lda >= 512 && depth <= DEPTH;
    for (int block = m0; block < m1; block += ROWS) {
      const int end = block + ROWS < m1 ? block + ROWS : m1;
      const float *rows = transposed ? a + k0 * lda + block : a + k0 + block * lda;
      long ld = lda;
      if (gathers) {
        for (int at = 0; at < depth; at++)
          for (int i = 0; i < end - block; i++) gathered[at * ROWS + i] = rows[at * lda + i];
        rows = gathered;
        ld = ROWS;
      }
      for (int m = block, height; m < end; m += height) {
        height = tile_rows(end - m);
        tile_function *const tile = tiles[transposed][height];
        const float *tile_a = rows + (transposed ? m - block : (m - block) * ld);
        float *tile_c = c + m * ldc;
        const float *tile_b = b + k0 * ldb;
        int column = 0;
        for (; column + NR <= n; column += NR, tile_b += panel)
          tile(depth, tile_a, ld, tile_b, ldb, tile_c + column, ldc, from, bias ? bias + column : 0);
        if (column == n) continue;
        /* The last columns go through a tile of full width beside the result. */
        float last[MR * NR] __attribute__((aligned(64))), last_bias[NR] __attribute__((aligned(64))) = {0};
        const size_t width = (size_t)(n - column) * sizeof(float);
        if (from == FROM_BIAS) memcpy(last_bias, bias + column, width);
        if (from == FROM_RESULT)
          for (int i = 0; i < height; i++) memcpy(last + i * NR, tile_c + i * ldc + column, width);
        tile(depth, tile_a, ld, tile_b, ldb, last, NR, from, last_bias);
        for (int i = 0; i < height; i++) memcpy(tile_c + i * ldc + column, last + i * NR, width);
      }
    }
  }
}

/* Rows m0 … m1 − 1 of c = a·wᵀ + bias for a few columns: dot products of rows. */
FUNCTION void dot_rows(int m0, int m1, int n, int k, const float *a, long lda, const float *w, long ldw, float *c,
                       long ldc, const float *bias) {
  for (int m = m0; m < m1; m++)
    for (int j = 0; j < n; j++) {
      const float *restrict x = a + m * lda, *restrict y = w + j * ldw;
      float sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int at = 0; at < k; at++) sum += x[at] * y[at];
      c[m * ldc + j] = sum + (bias ? bias[j] : 0.f);
    }
}

/* Elements n0 … n1 − 1 of c = W·a + bias, four at a time: the loads of a are shared. */
FUNCTION void dot_columns(int n0, int n1, int k, const float *restrict a, const float *restrict w, long ldw,
                          float *restrict c, const float *bias) {
  int j = n0;
  for (; j + 4 <= n1; j += 4) {
    const float *restrict row = w + j * ldw;
    float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
#pragma omp simd reduction(+ : s0, s1, s2, s3)
    for (int at = 0; at < k; at++) {
      s0 += a[at] * row[at];
      s1 += a[at] * row[ldw + at];
      s2 += a[at] * row[2 * ldw + at];
      s3 += a[at] * row[3 * ldw + at];
    }
    c[j] = s0;
    c[j + 1] = s1;
    c[j + 2] = s2;
    c[j + 3] = s3;
  }
  for (; j < n1; j++) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int at = 0; at < k; at++) sum += a[at] * w[j * ldw + at];
    c[j] = sum;
  }
  if (bias)
    for (j = n0; j < n1; j++) c[j] += bias[j];
}

/* Panels p0 … p1 − 1 of b, whose rows are contiguous: [k][NR] each, padded with zeros. */
FUNCTION void pack_rows(int p0, int p1, int n, int k, const float *b, long ldb, float *packed) {
  for (int p = p0; p < p1; p++)
    for (int at = 0; at < k; at++) {
      float *out = packed + ((long)p * k + at) * NR;
      const int width = n - p * NR < NR ? n - p * NR : NR;
      for (int j = 0; j < NR; j++) out[j] = j < width ? b[at * ldb + p * NR + j] : 0.f;
    }
}

#if VL == 16
#define LOW(x, y) SHUFFLE(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH(x, y) SHUFFLE(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#elif VL == 8
#define LOW(x, y) SHUFFLE(x, y, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH(x, y) SHUFFLE(x, y, 4, 12, 5, 13, 6, 14, 7, 15)
#else
#define LOW(x, y) SHUFFLE(x, y, 0, 4, 1, 5)
#define HIGH(x, y) SHUFFLE(x, y, 2, 6, 3, 7)
#endif

/* VL × VL floats: log2(VL) rounds, each of which interleaves row i with row i + VL/2. */
INLINE void transpose_block(const float *restrict in, long ldi, float *restrict out, long ldo) {
  vf rows[VL], mixed[VL];
  UNROLL
  for (int i = 0; i < VL; i++) rows[i] = *(const vf *)(in + i * ldi);
  UNROLL
  for (int round = 1; round < VL; round *= 2) {
    UNROLL
    for (int i = 0; i < VL / 2; i++) {
      mixed[2 * i] = LOW(rows[i], rows[i + VL / 2]);
      mixed[2 * i + 1] = HIGH(rows[i], rows[i + VL / 2]);
    }
    UNROLL
    for (int i = 0; i < VL; i++) rows[i] = mixed[i];
  }
  UNROLL
  for (int i = 0; i < VL; i++) *(vf *)(out + i * ldo) = rows[i];
}

/* The same panels of b = wᵀ, where the rows of w[n][k] are contiguous. */
FUNCTION void pack_columns(int p0, int p1, int n, int k, const float *w, long ldw, float *packed) {
  for (int p = p0; p < p1; p++) {
    float *out = packed + (long)p * k * NR;
    const int width = n - p * NR < NR ? n - p * NR : NR;
    if (width < NR) memset(out, 0, sizeof(float) * NR * k);
    for (int j0 = 0; j0 < width; j0 += VL)
      for (int k0 = 0; k0 < k; k0 += VL) {
        const float *from = w + (p * NR + j0) * ldw + k0;
        float *to = out + (long)k0 * NR + j0;
        if (k0 + VL <= k && j0 + VL <= width) {
          transpose_block(from, ldw, to, NR);
          continue;
        }
        for (int at = 0; at < VL && k0 + at < k; at++)
          for (int j = 0; j < VL && j0 + j < width; j++) to[at * NR + j] = from[j * ldw + at];
      }
  }
}

#ifdef __clang__
#pragma clang fp contract(off)
#else
#pragma GCC pop_options
#endif
