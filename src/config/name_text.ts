/** Text that names a place: a file, a folder, a host, a repository. */
import { z } from "zod";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * Not blank: an empty name is the present folder to most functions, and comes from a variable that was not set. Without
 * control characters.
 */
export function nameText() {
  return z
    .string()
    .refine((text) => text.trim() !== "", "must not be blank: leave it out, or write null where it is allowed")
    .refine((text) => !CONTROL.test(text), "must not have control characters in it");
}
