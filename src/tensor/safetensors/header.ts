/**
 * Reads an untrusted safetensors header: every length, shape and offset is checked against the size of the file before any
 * tensor data is read, and the tensors must tile the data exactly.
 */

import { findDuplicateJsonKey } from "../../utils/files/duplicate_json_key.ts";
import { parseShallowJson } from "../../utils/files/shallow_json.ts";
import { abbreviate } from "../../utils/text/abbreviate.ts";
import { formatShape } from "../shape.ts";
import {
  MAX_HEADER_BYTES,
  PREFIX_BYTES,
  type SafetensorsEntry,
  SafetensorsError,
  type SafetensorsHeader,
  STORED_TYPES,
} from "./format.ts";

/**
 * The header's length in bytes, from the first eight bytes of a file.
 *
 * @param fileBytes Size of the whole file.
 * @param source Name of the file in errors.
 * @throws SafetensorsError if the file is too short for a header of that length, or the header is over the limit.
 */
export function decodeHeaderLength(prefix: Uint8Array, fileBytes: number, source: string): number {
  if (fileBytes < PREFIX_BYTES) {
    throw new SafetensorsError(`${source}: ${fileBytes} bytes are too few for a safetensors file; is it truncated?`);
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset, PREFIX_BYTES).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw new SafetensorsError(
      `${source}: a header of ${length} bytes is over the limit of ${MAX_HEADER_BYTES}; is this a safetensors file?`,
    );
  }
  if (Number(length) > fileBytes - PREFIX_BYTES) {
    throw new SafetensorsError(
      `${source}: the header should have ${length} bytes, the file ends after ${fileBytes - PREFIX_BYTES}; is it truncated?`,
    );
  }
  return Number(length);
}

/**
 * @param bytes The header alone.
 * @param dataBytes How many bytes follow the header.
 * @param source Name of the file in errors.
 * @throws SafetensorsError naming the file and the tensor with a wrong entry.
 */
export function decodeHeader(bytes: Uint8Array, dataBytes: number, source: string): SafetensorsHeader {
  const fail = (problem: string): never => {
    throw new SafetensorsError(`${source}: ${abbreviate(problem, MAX_PROBLEM)}`);
  };
  const { __metadata__: metadata = {}, ...tensors } = parseJson(bytes, fail);
  if (!isRecord(metadata)) return fail("__metadata__ must be an object");
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string") fail(`__metadata__ maps text to text, "${key}" has ${show(value)}`);
  }
  const entries = Object.entries(tensors).map(([name, value]) =>
    decodeEntry(name, value, (problem) => fail(`tensor "${name}": ${problem}`)),
  );
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkTiling(entries, dataBytes, fail);
  return {
    entries: new Map(entries.map((entry) => [entry.name, entry])),
    metadata: metadata as Record<string, string>,
  };
}

type Fail = (problem: string) => never;

function parseJson(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  if (bytes[0] !== "{".charCodeAt(0)) fail('the header must begin with "{"; is this a safetensors file?');
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = parseShallowJson(text);
  } catch (error) {
    return fail(`the header is not JSON in UTF-8: ${(error as Error).message}`);
  }
  const duplicate = findDuplicateJsonKey(text);
  if (duplicate !== undefined) fail(`the header has the key "${duplicate.key}" twice`);
  return value as Record<string, unknown>;
}

function decodeEntry(name: string, value: unknown, fail: Fail): SafetensorsEntry {
  if (!isRecord(value)) return fail(`its entry must be an object, got ${show(value)}`);
  const { dtype: storedType, shape, data_offsets: offsets, ...unknown } = value;
  const unknownKey = Object.keys(unknown)[0];
  if (unknownKey !== undefined) fail(`its entry has an unknown key "${unknownKey}"`);
  const type = typeof storedType === "string" ? STORED_TYPES.get(storedType) : undefined;
  if (type === undefined) {
    return fail(`unknown dtype ${show(storedType)}; the format has ${[...STORED_TYPES.keys()].join(", ")}`);
  }
  if (!isCountArray(shape)) return fail(`shape must hold non-negative integers, got ${show(shape)}`);
  if (!isCountArray(offsets) || offsets.length !== 2) {
    return fail(`data_offsets must be two non-negative integers, got ${show(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  if (end < begin) fail(`data_offsets [${begin}, ${end}] end before they begin`);
  const bits = shape.reduce((product, dim) => product * dim, type.bits);
  if (!Number.isSafeInteger(bits)) fail(`shape ${formatShape(shape)} is too large`);
  if (bits !== (end - begin) * 8) {
    fail(`${storedType} of shape ${formatShape(shape)} needs ${bits / 8} bytes, data_offsets give ${end - begin}`);
  }
  return { name, storedType: storedType as string, dtype: type.dtype, shape, begin, end };
}

/** Each tensor must begin where the previous one ends, and the last must end with the file. */
function checkTiling(entries: readonly SafetensorsEntry[], dataBytes: number, fail: Fail): void {
  let position = 0;
  for (const { name, begin, end } of entries) {
    if (end > dataBytes) {
      fail(
        `tensor "${name}": bytes ${begin} to ${end} are outside the file's ${dataBytes} data bytes; is it truncated?`,
      );
    }
    if (begin < position) fail(`tensor "${name}": begins at byte ${begin}, inside the tensor that ends at ${position}`);
    if (begin > position) fail(`tensor "${name}": begins at byte ${begin}, nothing fills the bytes from ${position}`);
    position = end;
  }
  if (position !== dataBytes) fail(`the tensors end at byte ${position}, the file has ${dataBytes} data bytes`);
}

const MAX_SHOWN = 200;
const MAX_PROBLEM = 1000;

function show(value: unknown): string {
  return abbreviate(JSON.stringify(value) ?? String(value), MAX_SHOWN);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCountArray(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0 && !Object.is(n, -0));
}
