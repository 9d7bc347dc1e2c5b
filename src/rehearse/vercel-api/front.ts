import type { IncomingMessage, ServerResponse } from "node:http";
import { platformHeaders, sendText } from "../../host/platform-errors.ts";
import { messageOf } from "../../errors.ts";
import { refuseHost } from "../../host/local-host.ts";
import type { Deployment } from "./deployment.ts";
import { newId, type Platform } from "./platform.ts";
import { isRefused, refuseAccess } from "./protection.ts";
import { recordInvocation } from "./traffic.ts";
import { suffer } from "./sickness.ts";

/** What a request was addressed to. */
export type Domain = "deployment" | "production";

/** Answers as the platform does that stands in front of a deployment. */
export async function answer(
  platform: Platform,
  deployment: Deployment | undefined,
  domain: Domain,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const refusal = refuseHost(req.headers.host);
  if (refusal !== undefined) return sendText(res, 403, `${refusal}\n`);
  if (isRefused(platform.protection, req, domain, deployment?.target)) return refuseAccess(req, res);
  if (deployment === undefined || deployment.readyState === "ERROR") {
    return sendPage(res, 404, "DEPLOYMENT_NOT_FOUND", "The deployment could not be found on Vercel.");
  }
  const { host, infection } = deployment;
  if (host === undefined) return sendPage(res, 404, "DEPLOYMENT_NOT_READY", "The deployment is not ready.");
  recordInvocation(platform, deployment, req, res);
  try {
    if (await suffer(infection, host, domain, req, res)) return;
    await host.handle(req, res);
  } catch (error) {
    platform.settings.onLog(`error: ${deployment.id}: ${messageOf(error)}`);
    res.destroy();
  }
}

function sendPage(res: ServerResponse, status: number, code: string, text: string): void {
  const id = newId("dev1");
  for (const [name, value] of Object.entries(platformHeaders(id))) res.setHeader(name, value);
  res.setHeader("x-vercel-error", code);
  sendText(res, status, `${text}\n\n${code}\n\n${id}\n`);
}
