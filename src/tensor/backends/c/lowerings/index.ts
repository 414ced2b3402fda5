/** Every operation that the C backend computes, by name. */

import { elementwise } from "./elementwise.ts";
import { reductions } from "./reductions.ts";
import { shapes } from "./shapes.ts";
import type { CLowerings } from "./table.ts";

export const C_LOWERINGS: Partial<CLowerings> = { ...elementwise, ...shapes, ...reductions };
