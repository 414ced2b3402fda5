/** Errors while tracing a step, which point at the caller's line instead of the engine's. */

export class TraceError extends Error {
  override readonly name = "TraceError";

  constructor(message: string) {
    const site = callerSite();
    super(site === undefined ? message : `${message}\n    at ${site}`);
  }
}

const ENGINE_FOLDER = new URL(".", import.meta.url).href;
const isTest = (frame: string) => frame.includes(".test.ts");

/** The innermost stack frame outside the engine: the user's line. */
function callerSite(): string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const frames = (new Error().stack ?? "").split("\n").slice(1);
  Error.stackTraceLimit = limit;
  const folderPath = ENGINE_FOLDER.replace("file://", "");
  // Frames of built-in functions (Array.map calling back into the engine) have no file.
  const hasFile = (frame: string) => !frame.includes("<anonymous>") && !frame.includes("node:");
  const outside = frames.find((frame) => hasFile(frame) && (!frame.includes(folderPath) || isTest(frame)));
  return outside?.trim().replace(/^at /, "");
}
