/** The page's content security policy forbids `eval`, which zod's JIT uses. Import this before any schema. */
import { z } from "zod";

z.config({ jitless: true });
