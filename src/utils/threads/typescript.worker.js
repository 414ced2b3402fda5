/** Entry of worker threads when running from sources: registers a TypeScript loader, then loads the requested module. */
import { register } from "tsx/esm/api";

register();
await import(process.env.HANDRAIL_WORKER_MODULE);
