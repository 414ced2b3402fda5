/** Parsers of command-line values; commander reports their errors with the option's name. */
import { InvalidArgumentError } from "commander";
import { fileNameOf } from "../../utils/files/file_name.ts";

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("it must be a positive integer.");
  return value;
}

export function nonNegativeInteger(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < 0) {
    throw new InvalidArgumentError("it must be an integer of 0 or more.");
  }
  return value;
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError("it must be a positive number.");
  return value;
}

/** A fraction such as 0.95. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1)) throw new InvalidArgumentError("it must be from 0 to 1.");
  return value;
}

/** "0,2,5-7" */
export function integerList(text: string): number[] {
  return text.split(",").flatMap((part) => {
    const [, first, last] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
    if (first === undefined) throw new InvalidArgumentError('it must be a list such as "0,2,5-7".');
    const length = Number(last ?? first) - Number(first) + 1;
    return Array.from({ length: Math.max(0, length) }, (_, i) => Number(first) + i);
  });
}

export function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {}
  throw new InvalidArgumentError('it must be a JSON object such as {"image_obs": true}.');
}

/** A TCP port. */
export function port(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 65_535) return value;
  throw new InvalidArgumentError("it must be a port from 1 to 65535, or 0 for any free one.");
}

const MAX_ACTOR_NAME = 64;

/** The name shown in logs and on the dashboard; it also names the folder of the actor's outbox. */
export function actorName(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to refuse.
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text))
    throw new InvalidArgumentError("it must not contain control characters.");
  if (text.length > MAX_ACTOR_NAME)
    throw new InvalidArgumentError(`it must have at most ${MAX_ACTOR_NAME} characters.`);
  try {
    fileNameOf(text);
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
  return text;
}
