/** Text that names a file, a folder, a host or a repository. */
import { z } from "zod";

// biome-ignore lint/suspicious/noControlCharactersInRegex: matches the characters to refuse.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * Neither blank nor with control characters. Most functions read an empty name as the working directory, and it usually
 * comes from an unset variable.
 */
export function nameText() {
  return z
    .string()
    .refine((text) => text.trim() !== "", "must not be blank: leave it out, or write null where it is allowed")
    .refine((text) => !CONTROL.test(text), "must not contain control characters");
}

/** A shell expands `~` only at the start of a word: not after a `=`, and not in a file. */
const HOME = /^~[^/\\]*(?:$|[/\\])/;
const ADDRESS = /^[a-z][a-z0-9+.-]+:\/\//i;

/** A folder on this machine. Rejects text that would create a folder named "~" or "s3:" in the working directory. */
export function folderText() {
  return nameText()
    .refine((text) => !HOME.test(text), {
      error: ({ input }) =>
        `${HOME.exec(String(input))![0]} stands for a home folder in a shell only: write the full path, or ./${input} for a folder of that name`,
    })
    .refine((text) => !ADDRESS.test(text), {
      error: ({ input }) => `${ADDRESS.exec(String(input))![0]} begins an address: it must be a folder on this machine`,
    });
}
