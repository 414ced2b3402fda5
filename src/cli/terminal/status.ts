/** Formats a status as one line that fits the terminal. */

export interface Status {
  /** Such as "learning". */
  readonly activity?: string;
  /** Progress such as "1200/60000 steps". A narrow terminal drops it last. */
  readonly count?: string;
  /** From 0 to 1; drawn as a bar if it fits. */
  readonly share?: number;
  /** Most important first. Those that do not fit are dropped. */
  readonly details?: readonly string[];
}

const SEPARATOR = " · ";
const BAR_CELLS = { least: 8, most: 40 };

/** @param noun what is counted, such as "episodes". */
export function progress(activity: string, done: number, total: number, noun: string): Status {
  return { activity, count: `${done}/${total} ${noun}`, ...(total > 0 && { share: done / total }) };
}

/** "12:05", or "3:00:00" for an hour or more. */
export function duration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** The full status without a bar, for output that is not a terminal. */
export function statusLine(status: Status): string {
  return join(status, "", status.details ?? []);
}

/** @param width in characters. Every character of the texts must be one column wide. */
export function fitStatus(status: Status, width: number): string {
  const essential = [status, { ...status, activity: "" }].find((shown) => join(shown, "", []).length <= width);
  if (essential === undefined) return shorten(status.count || status.activity || "", width);
  const details: string[] = [];
  for (const detail of status.details ?? []) {
    if (join(essential, "", [...details, detail]).length <= width) details.push(detail);
  }
  const cells = width - join(essential, "█", details).length + 1;
  const bar = status.share === undefined || cells < BAR_CELLS.least ? "" : drawBar(status.share, cells);
  return join(essential, bar, details);
}

function join({ activity, count }: Status, bar: string, details: readonly string[]): string {
  const head = [activity, bar, count].filter(Boolean).join(" ");
  return [head, ...details].filter(Boolean).join(SEPARATOR);
}

function drawBar(share: number, room: number): string {
  const cells = Math.min(room, BAR_CELLS.most);
  const full = Math.round(cells * Math.min(1, Math.max(0, share)));
  return "█".repeat(full) + "░".repeat(cells - full);
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`.slice(0, Math.max(0, width));
}
