import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { sendText } from "../../host/platform-errors.ts";
import { isDue, isHealth, type Infection } from "../sickness.ts";

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

function nameAnotherBuild(res: ServerResponse): true {
  res.setHeader("cache-control", "no-store");
  sendText(res, 200, JSON.stringify({ version: 1, status: "ok", buildId: "another-build" }), "application/json");
  return true;
}
