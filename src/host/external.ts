import http from "node:http";
import https from "node:https";
import type { Call } from "./call.ts";
import { bodyHeaders, endToEnd } from "./end-to-end.ts";
import { forward, stopAfter } from "./forward.ts";
import { sendPlatformError } from "./platform-errors.ts";

/** Vercel's limit for a rewrite to another site: vercel.com/docs/rewrites. */
const EXTERNAL_TIMEOUT_MS = 120_000;

/** Answers with what another site says: a route whose `dest` is a URL. */
export async function proxyExternal(url: string, { req, res, headers, requestId }: Call): Promise<void> {
  const target = new URL(url);
  const stop = stopAfter(res, EXTERNAL_TIMEOUT_MS);
  const raw = [...endToEnd(req.rawHeaders, new Set(["host", "expect"])), ...bodyHeaders(req), "host", target.host];
  const { request } = target.protocol === "https:" ? https : http;
  const end = await forward({
    req,
    res,
    upstream: request(target, { method: req.method, headers: raw }),
    maxBodyBytes: Number.POSITIVE_INFINITY,
    stopped: stop.stopped,
    onAnswer: (answer) => {
      const { normal, important } = headers;
      const own = Object.entries({ ...normal, ...important, "x-vercel-id": requestId });
      const replaced = new Set(own.map(([name]) => name));
      res.writeHead(answer.statusCode ?? 200, [...endToEnd(answer.rawHeaders, replaced), ...own.flat()]);
      return true;
    },
  });
  stop.clear();
  if (end === "done" || res.destroyed) return;
  if (res.headersSent) res.destroy();
  else sendPlatformError(req, res, "ROUTER_EXTERNAL_TARGET_ERROR", requestId);
}
