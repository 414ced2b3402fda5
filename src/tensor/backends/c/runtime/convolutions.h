/* Convolutions as sums over (channel, tap) of products with shifted planes, read in place.
 *
 * An image is first laid out in planes: padded, and split into the phases of the stride, so that a window's tap is a
 * constant offset in a plane. Positions of the result are counted with the planes' row length; those between the end of
 * a result's row and the next are computed for nothing, which is cheaper than to treat every row for itself.
 * The gradient in the image is such a convolution for every phase of the image; phases are then joined. */
/* The processor's vectors, and permutations of two of them, are defined in products.h. */
#ifdef __clang__
#pragma clang fp contract(fast)
/* One function for all shapes: copies for their constants would be no faster, and take seconds to compile. */
#define SHARED static __attribute__((noinline, unused))
#else
#pragma GCC push_options
#pragma GCC optimize("fp-contract=fast")
#define SHARED static __attribute__((noinline, noclone, unused))
#endif

/* A tile has that many outputs and vectors of positions: its sums, a row of operands and a factor fill the registers. */
#define TILE_VECTORS 3
#if defined(__AVX512F__) || defined(__aarch64__)
#define TILE_ROWS 8
#define WEIGHT_ROWS 8
#else
#define TILE_ROWS 4
#define WEIGHT_ROWS 6
#endif
#define WEIGHT_VECTORS 2

#if VL == 16
#define EVEN(x, y) SHUFFLE(x, y, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define ODD(x, y) SHUFFLE(x, y, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#elif VL == 8
#define EVEN(x, y) SHUFFLE(x, y, 0, 2, 4, 6, 8, 10, 12, 14)
#define ODD(x, y) SHUFFLE(x, y, 1, 3, 5, 7, 9, 11, 13, 15)
#else
#define EVEN(x, y) SHUFFLE(x, y, 0, 2, 4, 6)
#define ODD(x, y) SHUFFLE(x, y, 1, 3, 5, 7)
#endif

/* How an image's channel becomes planes. Plane (a, b) has element (first_y[a] + r·stride_y, first_x[b] + q·stride_x) of
 * the padded channel at (r, q). */
struct planes {
  int channels; /* of a unit */
  int height, width, top, left, stride_y, stride_x;
  int count_y, count_x;
  const int *first_y, *first_x;
  int rows, columns; /* of a plane */
  int pitch;         /* floats of a channel: its planes, and what a short result reads past them */
};

/* out[q] = row[q·stride + first], zero outside of the row. */
INLINE void plane_row(const struct planes *s, const float *restrict row, int first, float *restrict out) {
  const int columns = s->columns, stride = s->stride_x, width = s->width;
  int from = first < 0 ? (stride - 1 - first) / stride : 0, to = first < width ? (width - 1 - first) / stride + 1 : 0;
  if (to > columns) to = columns;
  if (from > to) from = to;
  if (columns >= VL) {
    if (from > 0 && from <= VL) *(vf *)out = (vf){0};
    else for (int q = 0; q < from; q++) out[q] = 0;
    if (to < columns && to >= columns - VL) *(vf *)(out + columns - VL) = (vf){0};
    else for (int q = to; q < columns; q++) out[q] = 0;
  } else
    for (int q = 0; q < columns; q++) out[q] = 0;
  int q = from;
  if (stride == 1 && to - from >= VL) {
    for (; q < to - VL; q += VL) *(vf *)(out + q) = *(const vf *)(row + first + q);
    *(vf *)(out + to - VL) = *(const vf *)(row + first + to - VL);
  } else if (stride == 2 && to - from > VL) {
    for (; q < to - VL; q += VL) {
      const float *in = row + 2 * q + first;
      *(vf *)(out + q) = EVEN(*(const vf *)in, *(const vf *)(in + VL));
    }
    const float *in = row + 2 * (to - VL) + first - 1; /* Ends with the last element that is needed. */
    *(vf *)(out + to - VL) = ODD(*(const vf *)in, *(const vf *)(in + VL));
  } else if (stride == 1)
    for (; q < to; q++) out[q] = row[q + first];
  else if (stride == 2)
    for (; q < to; q++) out[q] = row[2 * q + first];
  else
    for (; q < to; q++) out[q] = row[q * stride + first];
}

SHARED void make_planes(const struct planes *s, long lo, long hi, const float *restrict in, float *restrict out) {
  for (long channel = lo * s->channels; channel < hi * s->channels; channel++) {
    const float *image = in + channel * s->height * s->width;
    float *row = out + channel * s->pitch, *end = row + s->pitch;
    for (int a = 0; a < s->count_y; a++)
      for (int b = 0; b < s->count_x; b++)
        for (int r = 0; r < s->rows; r++, row += s->columns) {
          const int y = s->first_y[a] + r * s->stride_y - s->top;
          if (y >= 0 && y < s->height) plane_row(s, image + y * s->width, s->first_x[b] - s->left, row);
          else memset(row, 0, s->columns * sizeof *row);
        }
    while (row < end) *row++ = 0;
  }
}

/* y[output][position] = bias[output] + Σ weight[output][channel][tap] · x[channel][position + offset of tap], where
 * pitches count floats. Groups follow one another in x, weights and y. */
struct correlation {
  int groups, channels, outputs, taps; /* channels and outputs of a group */
  const int *x_taps, *w_taps;
  int x_pitch;                 /* from channel to channel */
  int w_pitch, w_row, w_group; /* from channel to channel, output to output, and group to group */
  int height, width, columns;  /* of the result; the row length of the planes */
  int parts;                   /* units of an image, which have equal shares of its outputs */
  int outputs_first;           /* weights that no cache holds are read once for all images of a task */
};

#define LINE ((TILE_VECTORS + 1) * VL) /* Copies of whole vectors read that far. */

/* Writes the `count` positions from `at` that lie in the result. What a vector writes past the end of a row, the next row
 * corrects. */
SHARED void store_rows(const struct correlation *c, int rows, const float *lines, float *y, int at, int count) {
  const int size = c->height * c->width, end = at + count;
  int row = at / c->columns, column = at % c->columns;
  for (int from = at; from < end && row < c->height; from += c->columns - column, column = 0, row++) {
    int left = c->width - column < end - from ? c->width - column : end - from, to = row * c->width + column;
    for (const float *in = lines + from - at; left > 0; left -= VL, in += VL, to += VL)
      if (to + VL <= size)
        for (int i = 0; i < rows; i++) *(vf *)(y + (long)i * size + to) = *(const vf *)(in + i * LINE);
      else
        for (int i = 0; i < rows; i++)
          for (int j = 0; j < VL && j < left; j++) y[(long)i * size + to + j] = in[i * LINE + j];
  }
}

/* `rows` outputs at `vectors`·VL positions from `at`; the last vector begins at `at + last`. */
INLINE void correlation_tile(const struct correlation *c, const int rows, const int vectors, const float *x,
                             const float *w, const float *bias, float *y, int at, int last) {
  vf sum[TILE_ROWS][TILE_VECTORS];
  UNROLL
  for (int i = 0; i < rows; i++)
    UNROLL
    for (int j = 0; j < vectors; j++) sum[i][j] = (vf){0} + (bias ? bias[i] : 0);
  const int taps = c->taps, w_row = c->w_row;
  const long x_pitch = c->x_pitch, w_pitch = c->w_pitch;
  const int *x_taps = c->x_taps, *w_taps = c->w_taps;
  x += at;
  for (int channel = c->channels; channel > 0; channel--, x += x_pitch, w += w_pitch)
    for (int t = 0; t < taps; t++) {
      const float *b = x + x_taps[t], *a = w + w_taps[t];
      vf operand[TILE_VECTORS];
      UNROLL
      for (int j = 0; j < vectors; j++) operand[j] = *(const vf *)(b + (j == vectors - 1 ? last : j * VL));
      UNROLL
      for (int i = 0; i < rows; i++) {
        const float factor = a[(long)i * w_row];
        UNROLL
        for (int j = 0; j < vectors; j++) sum[i][j] += factor * operand[j];
      }
    }
  float lines[TILE_ROWS * LINE];
  UNROLL
  for (int i = 0; i < rows; i++) {
    UNROLL
    for (int j = 0; j < vectors; j++) *(vf *)(lines + i * LINE + (j == vectors - 1 ? last : j * VL)) = sum[i][j];
  }
  store_rows(c, rows, lines, y, at, last + VL);
}

#define CORRELATION(rows, vectors) \
  SHARED void correlation_tile_##rows##_##vectors(const struct correlation *c, const float *x, const float *w, \
                                                  const float *bias, float *y, int at, int last) { \
    correlation_tile(c, rows, vectors, x, w, bias, y, at, last); \
  }
#define CORRELATIONS(rows) CORRELATION(rows, 1) CORRELATION(rows, 2) CORRELATION(rows, 3)
#define ALL_VECTORS(rows) {correlation_tile_##rows##_1, correlation_tile_##rows##_2, correlation_tile_##rows##_3}
CORRELATIONS(1) CORRELATIONS(2) CORRELATIONS(3) CORRELATIONS(4)
#if TILE_ROWS == 8
CORRELATIONS(5) CORRELATIONS(6) CORRELATIONS(7) CORRELATIONS(8)
#define MORE_ROWS , ALL_VECTORS(5), ALL_VECTORS(6), ALL_VECTORS(7), ALL_VECTORS(8)
#else
#define MORE_ROWS
#endif
typedef void correlation_function(const struct correlation *, const float *, const float *, const float *, float *, int, int);
static correlation_function *const correlation_tiles[TILE_ROWS][TILE_VECTORS] __attribute__((unused)) = {
  ALL_VECTORS(1), ALL_VECTORS(2), ALL_VECTORS(3), ALL_VECTORS(4) MORE_ROWS
};

/* The b-th of `parts` nearly equal parts of `all`: where it begins. */
INLINE int part_start(int all, int parts, int b) { return b * (all / parts) + (b < all % parts ? b : all % parts); }

/* Outputs first … first + rows − 1 of a unit, at the positions of tiles t0 … t1 − 1 of `tiles`. */
INLINE void output_rows(const struct correlation *c, long unit, int first, int rows, int t0, int t1, int tiles,
                        const float *x, const float *w, const float *bias, float *y) {
  const int positions = (c->height - 1) * c->columns + c->width, vectors = (positions + VL - 1) / VL;
  const int share = c->groups * c->outputs / c->parts;
  const int output = (int)(unit % c->parts) * share + first, group = output / c->outputs;
  x += (unit / c->parts * c->groups + group) * c->channels * c->x_pitch;
  w += (long)group * c->w_group + (long)(output % c->outputs) * c->w_row;
  y += (unit * share + first) * c->height * c->width;
  for (int t = t0; t < t1; t++) {
    int v = part_start(vectors, tiles, t), count = part_start(vectors, tiles, t + 1) - v, at = v * VL;
    /* The last vector overlaps the one before it, and reads nothing past the planes. */
    int last = (count - 1) * VL;
    if (at + last + VL > positions && positions >= VL) last = positions - VL - at;
    if (last < 0) at += last, last = 0;
    correlation_tiles[rows - 1][count - 1](c, x, w, bias ? bias + output : 0, y, at, last);
  }
}

SHARED void correlate(const struct correlation *c, long lo, long hi, const float *x, const float *w, const float *bias,
                      float *y) {
  const int positions = (c->height - 1) * c->columns + c->width, vectors = (positions + VL - 1) / VL;
  const int tiles = (vectors + TILE_VECTORS - 1) / TILE_VECTORS;
  /* Blocks of outputs of one group. */
  const int share = c->groups * c->outputs / c->parts, span = share < c->outputs ? share : c->outputs;
  const int parts = (span + TILE_ROWS - 1) / TILE_ROWS, blocks = share / span * parts;
  const long units = hi - lo, outer = c->outputs_first ? blocks : units, inner = c->outputs_first ? units : blocks;
  const int together = c->outputs_first ? tiles : 1;
  for (long i = 0; i < outer; i++)
    for (int t = 0; t < tiles; t += together)
      for (long j = 0; j < inner; j++) {
        const int block = (int)(c->outputs_first ? i : j), b = block % parts;
        const long unit = lo + (c->outputs_first ? j : i);
        const int first = part_start(span, parts, b), rows = part_start(span, parts, b + 1) - first;
        output_rows(c, unit, block / parts * span + first, rows, t, t + together, tiles, x, w, bias, y);
      }
}

/* The image whose phases, by the remainders of row and column, are given; 0: one that no window reaches. */
struct phases {
  int channels; /* of a unit */
  int height, width, stride_y, stride_x;
};

SHARED void join_phases(const struct phases *s, long lo, long hi, const float *const *phases, float *restrict out) {
  const int height = s->height, width = s->width, sy = s->stride_y, sx = s->stride_x;
  for (long channel = lo * s->channels; channel < hi * s->channels; channel++)
    for (int y = 0; y < height; y++) {
      const int fy = y % sy;
      const long row = channel * ((height - fy + sy - 1) / sy) + y / sy;
      const float *const *inputs = phases + fy * sx;
      float *to = out + (channel * height + y) * width;
      if (sx == 2 && width > 1 && inputs[0] && inputs[1]) {
        const int pairs = width / 2;
        const float *restrict even = inputs[0] + row * ((width + 1) / 2), *restrict odd = inputs[1] + row * pairs;
        if (pairs >= VL)
          for (int q = 0; q < pairs; q += VL) {
            const int at = q + VL <= pairs ? q : pairs - VL; /* The last vectors overlap. */
            const vf e = *(const vf *)(even + at), o = *(const vf *)(odd + at);
            *(vf *)(to + 2 * at) = LOW(e, o);
            *(vf *)(to + 2 * at + VL) = HIGH(e, o);
          }
        else
          for (int q = 0; q < pairs; q++) {
            to[2 * q] = even[q];
            to[2 * q + 1] = odd[q];
          }
        if (width % 2) to[width - 1] = even[pairs];
      } else
        for (int fx = 0; fx < sx && fx < width; fx++) {
          const int count = (width - fx + sx - 1) / sx;
          const float *restrict in = inputs[fx] ? inputs[fx] + row * count : 0;
          for (int q = 0; q < count; q++) to[q * sx + fx] = in ? in[q] : 0;
        }
    }
}

/* Sum over positions of x[channel][position + offset of tap] · g[position][output], for one image. */
struct weight_sums {
  int groups, channels, outputs, taps; /* of a group; outputs are a multiple of 16 */
  const int *x_taps;
  int x_pitch;
  int height, width, columns; /* of the result of the convolution; the row length of the planes */
};

INLINE void weight_tile(const struct weight_sums *s, const int rows, const int vectors, const float *x, const long *at,
                        const float *g, float *sums) {
  vf sum[WEIGHT_ROWS][WEIGHT_VECTORS];
  const long outputs = s->outputs;
  const float *row[WEIGHT_ROWS];
  UNROLL
  for (int i = 0; i < rows; i++) {
    row[i] = x + at[i];
    UNROLL
    for (int j = 0; j < vectors; j++) sum[i][j] = *(const vf *)(sums + i * outputs + j * VL);
  }
  for (int y = s->height; y > 0; y--) {
    for (long p = 0; p < s->width; p++, g += outputs) {
      vf gradient[WEIGHT_VECTORS];
      UNROLL
      for (int j = 0; j < vectors; j++) gradient[j] = *(const vf *)(g + j * VL);
      UNROLL
      for (int i = 0; i < rows; i++) {
        const float factor = row[i][p];
        UNROLL
        for (int j = 0; j < vectors; j++) sum[i][j] += factor * gradient[j];
      }
    }
    UNROLL
    for (int i = 0; i < rows; i++) row[i] += s->columns;
  }
  UNROLL
  for (int i = 0; i < rows; i++)
    UNROLL
    for (int j = 0; j < vectors; j++) *(vf *)(sums + i * outputs + j * VL) = sum[i][j];
}

#define WEIGHTS(rows, vectors) \
  SHARED void weight_tile_##rows##_##vectors(const struct weight_sums *s, const float *x, const long *at, \
                                             const float *g, float *sums) { \
    weight_tile(s, rows, vectors, x, at, g, sums); \
  }
#define BOTH_WEIGHTS(rows) WEIGHTS(rows, 1) WEIGHTS(rows, 2)
#define WEIGHT_TILES(rows) {weight_tile_##rows##_1, weight_tile_##rows##_2}
BOTH_WEIGHTS(1) BOTH_WEIGHTS(2) BOTH_WEIGHTS(3) BOTH_WEIGHTS(4) BOTH_WEIGHTS(5) BOTH_WEIGHTS(6)
#if WEIGHT_ROWS == 8
BOTH_WEIGHTS(7) BOTH_WEIGHTS(8)
#define MORE_WEIGHTS , WEIGHT_TILES(7), WEIGHT_TILES(8)
#else
#define MORE_WEIGHTS
#endif
typedef void weight_function(const struct weight_sums *, const float *, const long *, const float *, float *);
static weight_function *const weight_tiles[WEIGHT_ROWS][WEIGHT_VECTORS] __attribute__((unused)) = {
  WEIGHT_TILES(1), WEIGHT_TILES(2), WEIGHT_TILES(3), WEIGHT_TILES(4), WEIGHT_TILES(5), WEIGHT_TILES(6) MORE_WEIGHTS
};

/* Adds to sums[group][channel, tap][output]. */
SHARED void add_weight_sums(const struct weight_sums *s, long lo, long hi, const float *x, const float *g, float *sums) {
  const int factors = s->channels * s->taps, blocks = (factors + WEIGHT_ROWS - 1) / WEIGHT_ROWS;
  for (long group = lo * s->groups; group < hi * s->groups; group++) {
    const float *image = x + group * s->channels * s->x_pitch;
    const float *gradient = g + group * s->height * s->width * s->outputs;
    for (int b = 0; b < blocks; b++) {
      const int first = part_start(factors, blocks, b), rows = part_start(factors, blocks, b + 1) - first;
      float *to = sums + (group % s->groups * factors + first) * s->outputs;
      long at[WEIGHT_ROWS];
      for (int i = 0; i < rows; i++)
        at[i] = (long)((first + i) / s->taps) * s->x_pitch + s->x_taps[(first + i) % s->taps];
      for (int o = 0; o < s->outputs; o += WEIGHT_VECTORS * VL) {
        const int vectors = s->outputs - o > VL ? 2 : 1;
        weight_tiles[rows - 1][vectors - 1](s, image, at, gradient + o, to + o);
      }
    }
  }
}

/* in[channel][position] → out[position][channel], with `padded` channels, for units lo … hi − 1. */
SHARED void channels_last(int channels, int positions, int padded, long lo, long hi, const float *restrict in,
                          float *restrict out) {
  for (long unit = lo; unit < hi; unit++)
    for (int p = 0; p < positions; p += VL)
      for (int c = 0; c < padded; c += VL) {
        const float *from = in + (unit * channels + c) * positions + p;
        float *to = out + (unit * positions + p) * padded + c;
        if (p + VL <= positions && c + VL <= channels) transpose_block(from, positions, to, padded);
        else
          for (int i = 0; i < VL && p + i < positions; i++)
            for (int j = 0; j < VL; j++) to[i * padded + j] = c + j < channels ? from[j * positions + i] : 0;
      }
}

#ifdef __clang__
#pragma clang fp contract(off)
#else
#pragma GCC pop_options
#endif
