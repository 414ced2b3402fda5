/** Selects memory to transfer between threads instead of copying it. */

/** Below this, moving an array costs more than copying it. */
const TRANSFERRED_BYTES = 4096;

/** Buffers of large arrays that fill them alone. The thread that posts one loses it. */
export function transferables(arrays: Iterable<ArrayBufferView>): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { buffer, byteLength } of arrays) {
    if (byteLength >= TRANSFERRED_BYTES && byteLength === buffer.byteLength) buffers.add(buffer as ArrayBuffer);
  }
  return [...buffers];
}
