import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "../../host/host.ts";
import { sendPlatformError, sendText } from "../../host/platform-errors.ts";
import { newId } from "./platform.ts";
import type { Domain } from "./front.ts";
import { loginPage, loginUrl } from "./protection.ts";

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
  /** everywhere: at its own address too. production: only when it serves production's domains. */
  where: "everywhere" | "production";
  /** Errors that are due. */
  due: number;
}

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

/** The share is kept without chance: of twenty requests 0.05 is one. */
function isDue(infection: Infection, share: number): boolean {
  infection.due += share;
  // Twenty times 0.05 is not exactly 1.
  if (infection.due < 0.999_999) return false;
  infection.due -= 1;
  return true;
}

function failRequest(req: IncomingMessage, res: ServerResponse): true {
  sendPlatformError(req, res, "FUNCTION_INVOCATION_FAILED", newId("dev1"));
  return true;
}

function showLogin(req: IncomingMessage, res: ServerResponse): true {
  sendText(res, 200, loginPage(loginUrl(req)), "text/html; charset=utf-8");
  return true;
}

function isHealth({ url }: IncomingMessage): boolean {
  return new URL(url ?? "/", "http://localhost").pathname === "/api/health";
}

async function nameAnotherBuild({ url }: Host, res: ServerResponse): Promise<true> {
  const health = await fetch(`${url}/api/health`);
  const document: unknown = await health.json().catch(() => undefined);
  const known = typeof document === "object" && document !== null ? document : {};
  res.setHeader("cache-control", "no-store");
  sendText(res, health.status, JSON.stringify({ ...known, buildId: "another-build" }), "application/json");
  return true;
}
