/* Positions in a line of elements that are `stride` apart: of an index, and in sorted order. */
#include <stdint.h>

/* The index counted from the end if it is negative, and the nearest one inside the line if it is outside. */
static inline long wrapped_index(int64_t index, long size) {
  const int64_t from_start = index < 0 ? index + size : index;
  return from_start < 0 ? 0 : from_start < size ? (long)from_start : size - 1;
}

/*
 * top_largest_TYPE and top_smallest_TYPE write the indices of the first k elements of the order to `heap`, whose elements
 * are `stride` apart, too: first as a heap with the last of them on top, then sorted. Equal elements are in the order
 * of their indices. NaN is larger than all numbers. O(n log k).
 */
#define ORDERINGS(TYPE, SUFFIX) ORDERING(TYPE, largest_##SUFFIX, >) ORDERING(TYPE, smallest_##SUFFIX, <)
#define ORDERING(TYPE, NAME, IS_BEFORE)                                                                            \
  static inline int is_before_##NAME(const TYPE *line, long stride, int64_t i, int64_t j) {                        \
    const TYPE a = line[i * stride], b = line[j * stride];                                                         \
    const int a_is_nan = a != a, b_is_nan = b != b;                                                                \
    if (a_is_nan | b_is_nan) return a_is_nan == b_is_nan ? i < j : a_is_nan IS_BEFORE b_is_nan;                    \
    return a == b ? i < j : a IS_BEFORE b;                                                                         \
  }                                                                                                                \
  static void sift_##NAME(const TYPE *line, long stride, int64_t *heap, long at, long count) {                     \
    const int64_t moved = heap[at * stride];                                                                       \
    for (long child; (child = 2 * at + 1) < count; at = child) {                                                   \
      if (child + 1 < count && is_before_##NAME(line, stride, heap[child * stride], heap[(child + 1) * stride]))   \
        child++;                                                                                                   \
      if (!is_before_##NAME(line, stride, moved, heap[child * stride])) break;                                     \
      heap[at * stride] = heap[child * stride];                                                                    \
    }                                                                                                              \
    heap[at * stride] = moved;                                                                                     \
  }                                                                                                                \
  __attribute__((unused)) static void top_##NAME(const TYPE *line, long stride, long n, int64_t *heap, long k) {   \
    for (long i = 0; i < k; i++) heap[i * stride] = i;                                                             \
    for (long at = k / 2 - 1; at >= 0; at--) sift_##NAME(line, stride, heap, at, k);                               \
    for (long i = k; i < n; i++) {                                                                                 \
      if (!is_before_##NAME(line, stride, i, heap[0])) continue;                                                   \
      heap[0] = i;                                                                                                 \
      sift_##NAME(line, stride, heap, 0, k);                                                                       \
    }                                                                                                              \
    for (long last = k - 1; last > 0; last--) {                                                                    \
      const int64_t top = heap[0];                                                                                 \
      heap[0] = heap[last * stride];                                                                               \
      heap[last * stride] = top;                                                                                   \
      sift_##NAME(line, stride, heap, 0, last);                                                                    \
    }                                                                                                              \
  }
ORDERINGS(float, f32)
ORDERINGS(double, f64)
ORDERINGS(int64_t, i64)
ORDERINGS(int32_t, i32)
ORDERINGS(uint8_t, u8)
