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
#define EVEN(x, y) __builtin_shufflevector(x, y, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define ODD(x, y) __builtin_shufflevector(x, y, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#elif VL == 8
#define EVEN(x, y) __builtin_shufflevector(x, y, 0, 2, 4, 6, 8, 10, 12, 14)
#define ODD(x, y) __builtin_shufflevector(x, y, 1, 3, 5, 7, 9, 11, 13, 15)
#else
#define EVEN(x, y) __builtin_shufflevector(x, y, 0, 2, 4, 6)
#define ODD(x, y) __builtin_shufflevector(x, y, 1, 3, 5, 7)
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
  } else
    for (; q < to; q++) out[q] = row[q * stride + first];
}

INLINE void make_planes(const struct planes *s, long lo, long hi, const float *restrict in, float *restrict out) {
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

/* Writes the positions that lie in the result. A vector that reaches past a row's end is corrected by the next row. */
INLINE void store_rows(const struct correlation *c, const int rows, const int vectors, vf sum[TILE_ROWS][TILE_VECTORS],
                       float *y, int at, int last) {
  const int size = c->height * c->width, end = at + last + VL;
  if (c->columns == c->width) {
    UNROLL
    for (int i = 0; i < rows; i++)
      UNROLL
      for (int j = 0; j < vectors; j++) {
        const int p = at + (j == vectors - 1 ? last : j * VL);
        const vf value = sum[i][j]; /* in memory, unlike the sums */
        if (p + VL <= size) *(vf *)(y + (long)i * size + p) = value;
        else memcpy(y + (long)i * size + p, &value, (size - p) * sizeof *y);
      }
    return;
  }
  float line[TILE_ROWS][(TILE_VECTORS + 1) * VL];
  UNROLL
  for (int i = 0; i < rows; i++)
    UNROLL
    for (int j = 0; j < vectors; j++) *(vf *)(line[i] + (j == vectors - 1 ? last : j * VL)) = sum[i][j];
  int row = at / c->columns, column = at % c->columns;
  for (int from = at; from < end; from += c->columns - column, column = 0, row++) {
    int left = c->width - column < end - from ? c->width - column : end - from, to = row * c->width + column;
    if (row >= c->height) break;
    for (const float *in = line[0] + from - at; left > 0; left -= VL, in += VL, to += VL) {
      float *out = y + to;
      if (to + VL <= size)
        for (int i = 0; i < rows; i++) *(vf *)(out + (long)i * size) = *(const vf *)(in + i * (TILE_VECTORS + 1) * VL);
      else
        for (int i = 0; i < rows; i++) memcpy(out + (long)i * size, in + i * (TILE_VECTORS + 1) * VL, left * sizeof *y);
    }
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
  store_rows(c, rows, vectors, sum, y, at, last);
}

#define TILE_ARGUMENTS \
  const struct correlation *c, const float *x, const float *w, const float *bias, float *y, int at, int last
#define CORRELATION(rows, vectors) \
  SHARED void correlation_tile_##rows##_##vectors(TILE_ARGUMENTS) { \
    correlation_tile(c, rows, vectors, x, w, bias, y, at, last); \
  }
#define CORRELATIONS(rows) CORRELATION(rows, 1) CORRELATION(rows, 2) CORRELATION(rows, 3)
CORRELATIONS(1) CORRELATIONS(2) CORRELATIONS(3) CORRELATIONS(4)
#if TILE_ROWS > 4
CORRELATIONS(5) CORRELATIONS(6) CORRELATIONS(7) CORRELATIONS(8)
#endif

/* One compiled tile for all convolutions; `rows` is a literal at every call. */
INLINE void run_tile(const int rows, int vectors, TILE_ARGUMENTS) {
#define CASE(rows) \
  case rows: \
    if (vectors == 3) correlation_tile_##rows##_3(c, x, w, bias, y, at, last); \
    else if (vectors == 2) correlation_tile_##rows##_2(c, x, w, bias, y, at, last); \
    else correlation_tile_##rows##_1(c, x, w, bias, y, at, last); \
    break;
  switch (rows) {
    CASE(1) CASE(2) CASE(3) CASE(4)
#if TILE_ROWS > 4
    CASE(5) CASE(6) CASE(7) CASE(8)
#endif
  }
#undef CASE
}

/* Tile number `tile` of a result, for `rows` outputs: tiles have nearly equal numbers of vectors. */
INLINE void position_tile(const struct correlation *c, const int rows, int tile, const float *x, const float *w,
                          const float *bias, float *y) {
  const int positions = (c->height - 1) * c->columns + c->width, vectors = (positions + VL - 1) / VL;
  const int tiles = (vectors + TILE_VECTORS - 1) / TILE_VECTORS, small = vectors / tiles, large = vectors % tiles;
  const int first = tile * small + (tile < large ? tile : large), count = small + (tile < large), at = first * VL;
  /* The last vector overlaps the one before rather than to read past the planes. */
  int last = (count - 1) * VL;
  if (at + last + VL > positions && positions >= VL) last = positions - VL - at;
  if (last < 0) run_tile(rows, 1, c, x, w, bias, y, positions - VL, 0);
  else run_tile(rows, count, c, x, w, bias, y, at, last);
}

INLINE int position_tiles(const struct correlation *c) {
  const int positions = (c->height - 1) * c->columns + c->width;
  return ((positions + VL - 1) / VL + TILE_VECTORS - 1) / TILE_VECTORS;
}

/* `rows` outputs from output `first` of a part, at one tile of positions or (tile < 0) at all. */
INLINE void output_rows(const struct correlation *c, const int rows, int first, long unit, int tile, const float *x,
                        const float *w, const float *bias, float *y) {
  const int share = c->groups * c->outputs / c->parts;
  const int output = unit % c->parts * share + first, group = output / c->outputs;
  const long image = unit / c->parts, size = (long)c->height * c->width;
  x += (image * c->groups + group) * c->channels * c->x_pitch;
  w += (long)group * c->w_group + (long)(output % c->outputs) * c->w_row;
  y += (unit * share + first) * size;
  if (bias) bias += output;
  if (tile >= 0) position_tile(c, rows, tile, x, w, bias, y);
  else
    for (int each = 0; each < position_tiles(c); each++) position_tile(c, rows, each, x, w, bias, y);
}

INLINE void correlate(const struct correlation *c, long lo, long hi, const float *x, const float *w, const float *bias,
                      float *y) {
  const int share = c->groups * c->outputs / c->parts, span = share < c->outputs ? share : c->outputs;
  const int blocks = (span + TILE_ROWS - 1) / TILE_ROWS, small = span / blocks, large = span % blocks;
  if (c->outputs_first) {
    for (int first = 0; first < share; first += span)
      for (int b = 0; b < blocks; b++)
        for (long unit = lo; unit < hi; unit++)
          if (b < large) output_rows(c, small + 1, first + b * (small + 1), unit, -1, x, w, bias, y);
          else output_rows(c, small, first + b * small + large, unit, -1, x, w, bias, y);
    return;
  }
  for (long unit = lo; unit < hi; unit++)
    for (int first = 0; first < share; first += span)
      for (int tile = 0; tile < position_tiles(c); tile++)
        for (int b = 0; b < blocks; b++)
          if (b < large) output_rows(c, small + 1, first + b * (small + 1), unit, tile, x, w, bias, y);
          else output_rows(c, small, first + b * small + large, unit, tile, x, w, bias, y);
}

/* The image whose phases, by the remainders of row and column, are given; 0: one that no window reaches. */
struct phases {
  int channels; /* of a unit */
  int height, width, stride_y, stride_x;
};

INLINE void join_phases(const struct phases *s, long lo, long hi, const float *const *phases, float *restrict out) {
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

#define WEIGHT_TILE(rows, vectors) \
  SHARED void weight_tile_##rows##_##vectors(const struct weight_sums *s, const float *x, const long *at, \
                                             const float *g, float *sums) { \
    weight_tile(s, rows, vectors, x, at, g, sums); \
  }
#define WEIGHT_TILES(rows) WEIGHT_TILE(rows, 1) WEIGHT_TILE(rows, 2)
WEIGHT_TILES(1) WEIGHT_TILES(2) WEIGHT_TILES(3) WEIGHT_TILES(4) WEIGHT_TILES(5) WEIGHT_TILES(6)
#if WEIGHT_ROWS > 6
WEIGHT_TILES(7) WEIGHT_TILES(8)
#endif

INLINE void weight_rows(const struct weight_sums *s, const int rows, int first, const float *x, const float *g,
                        float *sums) {
  long at[WEIGHT_ROWS];
  for (int i = 0; i < rows; i++)
    at[i] = (long)((first + i) / s->taps) * s->x_pitch + s->x_taps[(first + i) % s->taps];
  sums += (long)first * s->outputs;
#define CASE(rows) \
  case rows: \
    for (; o + WEIGHT_VECTORS * VL <= s->outputs; o += WEIGHT_VECTORS * VL) \
      weight_tile_##rows##_2(s, x, at, g + o, sums + o); \
    for (; o < s->outputs; o += VL) weight_tile_##rows##_1(s, x, at, g + o, sums + o); \
    break;
  int o = 0;
  switch (rows) {
    CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#if WEIGHT_ROWS > 6
    CASE(7) CASE(8)
#endif
  }
#undef CASE
}

/* Adds to sums[group][channel, tap][output]. */
INLINE void add_weight_sums(const struct weight_sums *s, long lo, long hi, const float *x, const float *g, float *sums) {
  const int factors = s->channels * s->taps, blocks = (factors + WEIGHT_ROWS - 1) / WEIGHT_ROWS;
  const int small = factors / blocks, large = factors % blocks;
  for (long group = lo * s->groups; group < hi * s->groups; group++) {
    const float *image = x + group * s->channels * s->x_pitch;
    const float *gradient = g + group * s->height * s->width * s->outputs;
    float *to = sums + group % s->groups * factors * s->outputs;
    for (int b = 0; b < large; b++) weight_rows(s, small + 1, b * (small + 1), image, gradient, to);
    for (int b = large; b < blocks; b++) weight_rows(s, small, b * small + large, image, gradient, to);
  }
}

/* in[channel][position] → out[position][channel], with `padded` channels, for units lo … hi − 1. */
INLINE void channels_last(int channels, int positions, int padded, long lo, long hi, const float *restrict in,
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
