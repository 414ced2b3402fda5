/** One line that overwrites itself in a terminal and is left out of a file, with lasting lines above it. */

export interface StatusLine {
  /** A line that stays. */
  readonly print: (text: string) => void;
  /** What goes on now; shown in terminals only. */
  readonly show: (text: string) => void;
  readonly end: () => void;
}

export function statusLine(): StatusLine {
  const terminal = process.stderr.isTTY === true;
  const clear = terminal ? "\r\x1b[K" : "";
  return {
    print: (text) => void process.stderr.write(`${clear}${text}\n`),
    show: (text) => {
      if (terminal) process.stderr.write(`${clear}${text}`);
    },
    end: () => void process.stderr.write(clear),
  };
}
