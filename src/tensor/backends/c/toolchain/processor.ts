/** The processor, as far as code compiled for it depends on it. */
import { open } from "node:fs/promises";
import { cpus } from "node:os";
import { runLimited } from "./run_limited.ts";

const DESCRIPTION_BYTES = 16_384;
/** Differ from one moment, or core, to the next. */
const VARYING = /^(processor|cpu MHz|core id|apicid|initial apicid|physical id|siblings|cpu cores|bogomips)\b/i;

let known: Promise<string> | undefined;

/** Model and instruction sets, in the system's own words. */
export function describeProcessor(): Promise<string> {
  known ??= describe();
  return known;
}

async function describe(): Promise<string> {
  const model = `${process.platform} ${process.arch} ${cpus()[0]?.model ?? ""}`;
  if (process.platform === "linux") return `${model}\n${await firstProcessor().catch(() => "")}`;
  if (process.platform !== "darwin") return model;
  const features = await runLimited(["sysctl", "machdep.cpu", "hw.optional"], { timeoutMs: 5_000 }).catch(
    () => undefined,
  );
  return `${model}\n${features?.stdout ?? ""}`;
}

/** The whole file is long on a machine with many cores, and the kernel measures every core's frequency for it. */
async function firstProcessor(): Promise<string> {
  const file = await open("/proc/cpuinfo");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(DESCRIPTION_BYTES), 0, DESCRIPTION_BYTES, 0);
    const [first = ""] = buffer.toString("latin1", 0, bytesRead).split("\n\n", 1);
    return first
      .split("\n")
      .filter((line) => !VARYING.test(line))
      .join("\n");
  } finally {
    await file.close();
  }
}
