/** What moves between threads instead of being copied. */

/** Below this, moving an array costs more than copying it. */
const TRANSFERRED_BYTES = 4096;

/** The memory of large arrays that have it for themselves; whoever posts it loses it. */
export function transferables(arrays: Iterable<ArrayBufferView>): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { buffer, byteLength } of arrays) {
    if (byteLength >= TRANSFERRED_BYTES && byteLength === buffer.byteLength) buffers.add(buffer as ArrayBuffer);
  }
  return [...buffers];
}
