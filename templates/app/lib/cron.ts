// create-edge-ai 0.1.0
import { createHash, timingSafeEqual } from "node:crypto";
import { HttpError } from "./http.ts";

/**
 * Lets in everybody as long as no CRON_SECRET is set, else who shows it. Vercel sends it with cron requests, as
 * `authorization: Bearer <secret>` (vercel.com/docs/cron-jobs/manage-cron-jobs, 2026).
 * @throws HttpError 401
 */
export function checkCron(request: Request): void {
  const secret = process.env.CRON_SECRET ?? "";
  const shown = request.headers.get("authorization") ?? "";
  if (secret !== "" && !timingSafeEqual(digest(shown), digest(`Bearer ${secret}`))) {
    throw new HttpError(401, "unauthorized", "this needs CRON_SECRET: authorization: Bearer <secret>", {
      "www-authenticate": "Bearer",
    });
  }
}

/** Of one length, so that the time of a comparison tells nothing. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
