import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "../../host/host.ts";
import { sendPlatformError, sendText } from "../../host/platform-errors.ts";
import { newId } from "./platform.ts";
import type { Domain } from "./front.ts";
import { loginPage, loginUrl } from "./protection.ts";
import { isDue, isHealth, type Infection } from "../sickness.ts";

/** @returns true when it answered, false when the deployment is to answer */
export async function suffer(
  infection: Infection | undefined,
  host: Host,
  domain: Domain,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<boolean> {
  if (infection === undefined || (infection.where === "production" && domain !== "production")) return false;
  const { how } = infection;
  if (how.kind === "errors") return isDue(infection, how.share) && failRequest(req, res);
  if (how.kind === "sso-page") return showLogin(req, res);
  if (how.kind === "wrong-build") return isHealth(req) && nameAnotherBuild(host, res);
  // Not for the sake of a client that is gone.
  await sleep(how.delayMs, undefined, { ref: false });
  return res.destroyed;
}

function failRequest(req: IncomingMessage, res: ServerResponse): true {
  sendPlatformError(req, res, "FUNCTION_INVOCATION_FAILED", newId("dev1"));
  return true;
}

function showLogin(req: IncomingMessage, res: ServerResponse): true {
  sendText(res, 200, loginPage(loginUrl(req)), "text/html; charset=utf-8");
  return true;
}

async function nameAnotherBuild({ url }: Host, res: ServerResponse): Promise<true> {
  const health = await fetch(`${url}/api/health`);
  const document: unknown = await health.json().catch(() => undefined);
  const known = typeof document === "object" && document !== null ? document : {};
  res.setHeader("cache-control", "no-store");
  sendText(res, health.status, JSON.stringify({ ...known, buildId: "another-build" }), "application/json");
  return true;
}
