/** Lost and doubled transitions of a run's processes, as figures of a benchmark. */
import type { Books } from "../test/faults/books.ts";
import type { Row } from "./measure.ts";

/** Lost and doubled transitions, by id. */
export function bookRows(name: string, { accepted, stored }: Books): Row[] {
  let [all, lost, doubled] = [0, 0, 0];
  for (const [session, sequences] of Object.entries(accepted)) {
    const distinct = new Set(stored[session]).size;
    all += sequences.length;
    lost += sequences.length - distinct;
    doubled += stored[session]!.length - distinct;
  }
  const rest = { unit: "", target: "≤ 0", detail: `of ${all}` };
  return [
    { name: `${name}: transitions lost`, value: lost, ...rest },
    { name: `${name}: transitions doubled`, value: doubled, ...rest },
  ];
}
