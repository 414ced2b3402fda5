/** Small dense matrices, row-major in preallocated arrays: what operational-space control needs and no more. */

/**
 * Inverts the n × n matrix `matrix` into `inverse` by Gauss–Jordan elimination with partial pivoting.
 * `matrix` is overwritten. @returns the determinant; 0 when the matrix is singular, and `inverse` is then meaningless.
 */
export function invert(n: number, matrix: Float64Array, inverse: Float64Array): number {
  inverse.fill(0);
  for (let i = 0; i < n; i++) inverse[i * n + i] = 1;
  let determinant = 1;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) {
      if (Math.abs(matrix[row * n + column]!) > Math.abs(matrix[pivot * n + column]!)) pivot = row;
    }
    const value = matrix[pivot * n + column]!;
    if (value === 0) return 0;
    if (pivot !== column) {
      determinant = -determinant;
      swapRows(n, matrix, pivot, column);
      swapRows(n, inverse, pivot, column);
    }
    determinant *= value;
    const scale = 1 / value;
    for (let k = 0; k < n; k++) {
      matrix[column * n + k]! *= scale;
      inverse[column * n + k]! *= scale;
    }
    for (let row = 0; row < n; row++) {
      const factor = matrix[row * n + column]!;
      if (row === column || factor === 0) continue;
      for (let k = 0; k < n; k++) {
        matrix[row * n + k]! -= factor * matrix[column * n + k]!;
        inverse[row * n + k]! -= factor * inverse[column * n + k]!;
      }
    }
  }
  return determinant;
}

function swapRows(n: number, matrix: Float64Array, a: number, b: number): void {
  for (let k = 0; k < n; k++) {
    const kept = matrix[a * n + k]!;
    matrix[a * n + k] = matrix[b * n + k]!;
    matrix[b * n + k] = kept;
  }
}

/**
 * The Moore–Penrose pseudo-inverse of a symmetric n × n matrix, by Jacobi's eigenvalue iteration: eigenvalues at or
 * below `relativeCutoff` times the largest count as zero. `matrix` is overwritten.
 */
export function pseudoInvertSymmetric(
  n: number,
  matrix: Float64Array,
  relativeCutoff: number,
  out: Float64Array,
): void {
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  for (let sweep = 0; sweep < 60; sweep++) {
    let offDiagonal = 0;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        offDiagonal += matrix[p * n + q]! ** 2;
        rotateAway(n, matrix, vectors, p, q);
      }
    }
    if (offDiagonal < 1e-28) break;
  }
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(matrix[i * n + i]!));
  out.fill(0);
  for (let k = 0; k < n; k++) {
    const eigenvalue = matrix[k * n + k]!;
    if (Math.abs(eigenvalue) <= relativeCutoff * largest) continue;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) out[i * n + j]! += (vectors[i * n + k]! * vectors[j * n + k]!) / eigenvalue;
    }
  }
}

/** One Jacobi rotation that zeroes element (p, q) (Golub & Van Loan, §8.5). */
function rotateAway(n: number, matrix: Float64Array, vectors: Float64Array, p: number, q: number): void {
  const element = matrix[p * n + q]!;
  if (element === 0) return;
  const theta = (matrix[q * n + q]! - matrix[p * n + p]!) / (2 * element);
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  for (let k = 0; k < n; k++) rotatePair(matrix, k * n + p, k * n + q, cosine, sine);
  for (let k = 0; k < n; k++) rotatePair(matrix, p * n + k, q * n + k, cosine, sine);
  for (let k = 0; k < n; k++) rotatePair(vectors, k * n + p, k * n + q, cosine, sine);
}

function rotatePair(values: Float64Array, a: number, b: number, cosine: number, sine: number): void {
  const x = values[a]!;
  const y = values[b]!;
  values[a] = cosine * x - sine * y;
  values[b] = sine * x + cosine * y;
}

/** out (rows × columns) = a (rows × inner) · b (inner × columns). */
export function multiply(
  rows: number,
  inner: number,
  columns: number,
  a: Float64Array,
  b: Float64Array,
  out: Float64Array,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += a[row * inner + k]! * b[k * columns + column]!;
      out[row * columns + column] = sum;
    }
  }
}

/** out (rows × columns) = a (rows × inner) · bᵀ, with b of shape columns × inner. */
export function multiplyTransposed(
  rows: number,
  inner: number,
  columns: number,
  a: Float64Array,
  b: Float64Array,
  out: Float64Array,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += a[row * inner + k]! * b[column * inner + k]!;
      out[row * columns + column] = sum;
    }
  }
}
