/** The HTTP side: the page's files, recorded episodes, and the log-in by token. */
import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { setCookie } from "hono/cookie";
import { secureHeaders } from "hono/secure-headers";
import { type AccessControl, TOKEN_COOKIE } from "./access.ts";
import type { EpisodeRecordings } from "./episode_recordings.ts";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

export interface HttpAppOptions {
  readonly access: AccessControl;
  /** The built page. */
  readonly webFolder: string;
  readonly recordings: EpisodeRecordings | undefined;
  /** Told of every request that is turned away. */
  readonly onRefused: () => void;
}

export function makeHttpApp({
  access,
  webFolder,
  recordings,
  onRefused,
}: HttpAppOptions): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        connectSrc: ["'self'"],
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
    const token = context.req.query("token");
    const refusal = access.check(context.env.incoming.headers, token);
    if (refusal !== undefined) {
      onRefused();
      return context.text(`${refusal.message}\n`, refusal.status);
    }
    if (context.req.method !== "GET") return context.text("only GET\n", 405);
    if (token !== undefined && access.accepts(token)) {
      // From now on the cookie speaks, and the token leaves the address bar and the history.
      setCookie(context, TOKEN_COOKIE, token, { httpOnly: true, sameSite: "Strict", path: "/" });
      return context.redirect("/");
    }
    return next();
  });
  app.get("/recordings/:episode", async (context) => {
    const episode = Number(context.req.param("episode"));
    const bytes = Number.isInteger(episode) ? await recordings?.read(episode) : undefined;
    if (bytes === undefined) return context.text("there is no recording of this episode\n", 404);
    return context.body(bytes, 200, { "content-type": "application/octet-stream", "cache-control": "no-store" });
  });
  app.get("*", async (context) => {
    const path = context.req.path === "/" ? "index.html" : context.req.path;
    const file = normalize(join(webFolder, path));
    if (!file.startsWith(webFolder + sep)) return context.text("not found\n", 404);
    const content = await readFile(file).catch(() => undefined);
    if (content === undefined) return context.text("not found\n", 404);
    // Files under assets/ have their digest in their name.
    const caching = file.includes(`${sep}assets${sep}`) ? "public, max-age=31536000, immutable" : "no-cache";
    const type = CONTENT_TYPES[extname(file)] ?? "application/octet-stream";
    return context.body(new Uint8Array(content), 200, { "content-type": type, "cache-control": caching });
  });
  return app;
}
