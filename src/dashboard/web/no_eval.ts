/**
 * The page's security policy forbids code made from text, which zod tries when a schema is made. To be imported before
 * any schema.
 */
import { z } from "zod";

z.config({ jitless: true });
