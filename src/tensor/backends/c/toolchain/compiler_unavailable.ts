/** A program cannot be compiled on this machine, whatever the program is. The message is one line: what a user should know. */
export class CompilerUnavailable extends Error {
  override readonly name = "CompilerUnavailable";
}
