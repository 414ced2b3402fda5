/**
 * DrQ's augmentation (Kostrikov et al. 2020, "Image augmentation is all you need"): pad an image by replicating its
 * border and crop it at a random place. The padding is never stored: a shift is one block copy of the image, followed by
 * repairs of the few rows and columns that would have come from the padding.
 */

/**
 * Copies a channels × height × width image so that output (y, x) is input (clamp(y + shiftY), clamp(x + shiftX)).
 *
 * @param shiftY In rows, |shiftY| < height.
 * @param shiftX In columns, |shiftX| < width.
 */
export function copyShifted(
  source: Uint8Array,
  sourceStart: number,
  target: Uint8Array,
  targetStart: number,
  [channels, height, width]: readonly [number, number, number],
  shiftY: number,
  shiftX: number,
): void {
  const length = channels * height * width;
  const offset = shiftY * width + shiftX;
  const skipped = Math.max(0, -offset);
  const from = sourceStart + Math.max(0, offset);
  target.set(source.subarray(from, from + length - Math.abs(offset)), targetStart + skipped);

  const firstRow = Math.max(0, -shiftY);
  const endRow = height - Math.max(0, shiftY);
  const firstColumn = shiftX > 0 ? width - shiftX : 0;
  const endColumn = shiftX > 0 ? width : -shiftX;
  const edgeColumn = shiftX > 0 ? width - 1 : 0;
  for (let channel = 0; channel < channels; channel++) {
    const sourcePlane = sourceStart + channel * height * width;
    const targetPlane = targetStart + channel * height * width;
    for (let y = firstRow; y < endRow; y++) {
      const edge = source[sourcePlane + (y + shiftY) * width + edgeColumn]!;
      const row = targetPlane + y * width;
      for (let x = firstColumn; x < endColumn; x++) target[row + x] = edge;
    }
    repeatRow(target, targetPlane + firstRow * width, targetPlane, firstRow, width);
    repeatRow(target, targetPlane + (endRow - 1) * width, targetPlane + endRow * width, height - endRow, width);
  }
}

function repeatRow(image: Uint8Array, row: number, to: number, times: number, width: number): void {
  for (let i = 0; i < times; i++) image.copyWithin(to + i * width, row, row + width);
}
