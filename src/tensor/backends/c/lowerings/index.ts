/** Every operation that the C backend computes, by name. */

import { convolutions } from "./convolutions.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import { pooling } from "./pooling.ts";
import { reductions } from "./reductions.ts";
import { shapes } from "./shapes.ts";
import { sorting } from "./sorting.ts";
import type { CLowerings } from "./table.ts";

export const C_LOWERINGS: Partial<CLowerings> = {
  ...elementwise,
  ...shapes,
  ...reductions,
  ...indexing,
  ...sorting,
  ...pooling,
  ...convolutions,
};
