/** Entry of worker threads when running from sources: teaches Node TypeScript, then loads the module that was asked for. */
import { register } from "tsx/esm/api";

register();
await import(process.env.HANDRAIL_WORKER_MODULE);
