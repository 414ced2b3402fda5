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

/** A shell replaces `~` where a word begins with it, but not after a `=`, and nobody does in a file. */
const HOME = /^~[^/\\]*(?:$|[/\\])/;
const ADDRESS = /^[a-z][a-z0-9+.-]+:\/\//i;

/** A folder on this machine. What looks like more than its name would become a folder named "~" or "s3:" in the present one. */
export function folderText() {
  return nameText()
    .refine((text) => !HOME.test(text), {
      error: ({ input }) =>
        `${HOME.exec(String(input))![0]} stands for a home folder in a shell only: write the whole path, or ./${input} for a folder of that name`,
    })
    .refine((text) => !ADDRESS.test(text), {
      error: ({ input }) => `${ADDRESS.exec(String(input))![0]} begins an address: it must be a folder on this machine`,
    });
}
