/** One line of progress that overwrites itself in a terminal, and stays silent where output is a file. */

export interface ProgressLine {
  readonly show: (done: number, total: number) => void;
  readonly end: () => void;
}

/** @param verb as in "recorded 3 of 10 episodes". */
export function progressLine(verb: string, noun: string): ProgressLine {
  const terminal = process.stderr.isTTY === true;
  return {
    show: (done, total) => {
      if (terminal) process.stderr.write(`\r${verb} ${done} of ${total} ${noun}`);
    },
    end: () => {
      if (terminal) process.stderr.write("\n");
    },
  };
}
