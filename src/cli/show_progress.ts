/** Progress of a command that processes many items. */
import { progress } from "./terminal/status.ts";
import { terminal } from "./terminal/terminal.ts";

/** @param activity as in "recorded 3/10 episodes". */
export function showProgress(activity: string, noun: string): (done: number, total: number) => void {
  return (done, total) => terminal.show(progress(activity, done, total, noun));
}
