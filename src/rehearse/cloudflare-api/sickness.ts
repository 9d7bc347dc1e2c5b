import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { sendText } from "../../host/platform-errors.ts";

/** How a release that is well on this machine can be sick on the platform. */
export type Sickness =
  /** That share of the requests (0 to 1) fails with 500, evenly spread. */
  | { kind: "errors"; share: number }
  | { kind: "slow"; delayMs: number }
  /** `/api/health` names another build. */
  | { kind: "wrong-build" }
  /** A login page with status 200. */
  | { kind: "sso-page" };

export interface Infection {
  how: Sickness;
  /** everywhere: also by its preview host and by the override header. production: only with traffic of its own. */
  where: "everywhere" | "production";
  /** Errors that are due. */
  due: number;
}

/** @returns true when it answered, false when the version is to answer */
export async function suffer(
  infection: Infection | undefined,
  isProduction: boolean,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<boolean> {
  if (infection === undefined || (infection.where === "production" && !isProduction)) return false;
  const { how } = infection;
  if (how.kind === "errors") return isDue(infection, how.share) && failRequest(res);
  if (how.kind === "sso-page") return showLogin(res);
  if (how.kind === "wrong-build") return isHealth(req) && nameAnotherBuild(res);
  // Not for the sake of a client that is gone.
  await sleep(how.delayMs, undefined, { ref: false });
  return res.destroyed;
}

/** The share is kept without chance: of twenty requests 0.05 is one. */
function isDue(infection: Infection, share: number): boolean {
  infection.due += share;
  // Twenty times 0.05 is not exactly 1.
  if (infection.due < 0.999_999) return false;
  infection.due -= 1;
  return true;
}

/** What the edge says when the code threw: developers.cloudflare.com/workers/observability/errors. */
function failRequest(res: ServerResponse): true {
  sendText(res, 500, "error code: 1101\n");
  return true;
}

function showLogin(res: ServerResponse): true {
  const page = "<!doctype html><title>Sign in ・ Cloudflare Access</title><h1>Sign in</h1>\n";
  sendText(res, 200, page, "text/html; charset=utf-8");
  return true;
}

function isHealth({ url }: IncomingMessage): boolean {
  return new URL(url ?? "/", "http://localhost").pathname === "/api/health";
}

function nameAnotherBuild(res: ServerResponse): true {
  res.setHeader("cache-control", "no-store");
  sendText(res, 200, JSON.stringify({ version: 1, status: "ok", buildId: "another-build" }), "application/json");
  return true;
}
