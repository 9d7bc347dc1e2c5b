import type { IncomingMessage, ServerResponse } from "node:http";
import type { Deployment } from "./deployment.ts";
import { newId, type Platform } from "./platform.ts";

/** One request to a function, as the edge saw it. */
export interface Invocation {
  projectId: string;
  environment: "production" | "preview";
  /** Milliseconds since 1970. */
  endedAt: number;
  status: number;
  durationMs: number;
}

/** Older ones are forgotten: a rehearsal serves a few thousand. */
const MAX_INVOCATIONS = 100_000;

/** Remembers a request to a function when it has been answered; a file of the static part is no invocation. */
export function recordInvocation(
  { invocations }: Platform,
  { projectId, target }: Deployment,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  if (!(req.url ?? "").startsWith("/api/")) return;
  const startMs = performance.now();
  res.once("close", () => {
    invocations.push({
      projectId,
      environment: target === "production" ? "production" : "preview",
      endedAt: Date.now(),
      // What was cut off before its head is what the platform calls a 500.
      status: res.headersSent ? res.statusCode : 500,
      durationMs: performance.now() - startMs,
    });
    if (invocations.length > MAX_INVOCATIONS) invocations.splice(0, invocations.length - MAX_INVOCATIONS);
  });
}

/** What a project costs so far, as a line of the bill; `usd` may be set to anything for a rehearsal. */
export interface Charge {
  /** Name of the project; null: of the team as a whole. */
  project: string | null;
  service: string;
  usd: number;
}

/** An alert rule of a team: what was sent, with the id it got. */
export interface AlertRule {
  readonly id: string;
  readonly teamId: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export function newAlertRule(teamId: string, body: Record<string, unknown>): AlertRule {
  return { id: newId("ar"), teamId, body };
}
