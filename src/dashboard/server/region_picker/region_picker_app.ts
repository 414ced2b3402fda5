/** HTTP routes of the region picker. Every path begins with the token; Host and Origin must be loopback. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { secureHeaders } from "hono/secure-headers";
import { stream } from "hono/streaming";
import type { Dataset } from "../../../datasets/dataset.ts";
import { encodePng } from "../../../datasets/images/png.ts";
import type { AccessControl } from "../connection/access.ts";
import { findRegionPickerPage } from "../connection/web_client.ts";
import { type ApplyingMessage, type PickedRegions, PickedRegionsSchema, type RegionPickerState } from "./protocol.ts";

const PAGE: Readonly<Record<string, string>> = {
  "index.html": "text/html; charset=utf-8",
  "picker.js": "text/javascript; charset=utf-8",
  "region.js": "text/javascript; charset=utf-8",
  "picker.css": "text/css; charset=utf-8",
};
const LARGEST_CHOICE_BYTES = 64 * 1024;

export interface RegionPickerAppOptions {
  readonly dataset: Dataset;
  /** Applies the regions. The page shows its progress and errors; after an error the person can try again. */
  readonly apply: (picked: PickedRegions, onProgress: (done: number, total: number) => void) => Promise<void>;
  readonly state: RegionPickerState;
  readonly token: string;
  readonly access: AccessControl;
  /** Called once, after the page has received the result. */
  readonly onPicked: (picked: PickedRegions) => void;
}

export function makeRegionPickerApp(options: RegionPickerAppOptions): Hono<{ Bindings: HttpBindings }> {
  const { dataset, state, token, access } = options;
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        objectSrc: ["'none'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
      },
      referrerPolicy: "no-referrer",
      xFrameOptions: "DENY",
      strictTransportSecurity: false,
    }),
  );
  app.use(async (context, next) => {
    const refusal = access.check(context.env.incoming.headers, context.req.path.split("/")[1]);
    if (refusal === undefined) return next();
    return context.text(`${refusal.message}\n`, refusal.status);
  });
  app.get(`/${token}/state`, (context) => context.json(state));
  app.get(`/${token}/frames/:index/:camera`, async (context) => {
    const { camera } = context.req.param();
    const index = Number(context.req.param("index"));
    const exists = Number.isInteger(index) && index >= 0 && index < state.frames;
    if (!exists || !state.cameras.some(({ key }) => key === camera)) return context.text("no such frame\n", 404);
    const png = await framePng(dataset, index, camera);
    return context.body(png, 200, { "content-type": "image/png", "cache-control": "private, max-age=3600" });
  });
  app.post(`/${token}/pick`, bodyLimit({ maxSize: LARGEST_CHOICE_BYTES }), async (context) => {
    const choice = PickedRegionsSchema.safeParse(await context.req.json().catch(() => undefined));
    if (!choice.success) return context.text(`${choice.error.message}\n`, 400);
    context.header("content-type", "application/x-ndjson");
    return stream(context, async (out) => {
      const send = (message: ApplyingMessage) => out.writeln(JSON.stringify(message));
      try {
        await options.apply(choice.data, (done, total) => void send({ done, total }));
      } catch (error) {
        await send({ error: (error as Error).message });
        return;
      }
      await send({ finished: true });
      options.onPicked(choice.data);
    });
  });
  app.on("GET", [`/${token}/`, `/${token}/:file`], async (context) => {
    const file = context.req.param("file") ?? "index.html";
    const type = PAGE[file];
    if (type === undefined) return context.text("not found\n", 404);
    const content = await readFile(join(findRegionPickerPage(), file));
    return context.body(new Uint8Array(content), 200, { "content-type": type, "cache-control": "no-store" });
  });
  return app;
}

async function framePng(dataset: Dataset, index: number, camera: string): Promise<Uint8Array<ArrayBuffer>> {
  const { values } = await dataset.frame(index, { features: [camera] });
  return new Uint8Array(encodePng({ ...dataset.imageSize(camera), data: values[camera] as Uint8Array }));
}
