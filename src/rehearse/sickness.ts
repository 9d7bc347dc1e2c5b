import type { IncomingMessage } from "node:http";

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
  /** everywhere: also where nobody but a check reaches it. production: only with production's traffic. */
  where: "everywhere" | "production";
  /** Errors that are due. */
  due: number;
}

/** The share is kept without chance: of twenty requests 0.05 is one. */
export function isDue(infection: Infection, share: number): boolean {
  infection.due += share;
  // Twenty times 0.05 is not exactly 1.
  if (infection.due < 0.999_999) return false;
  infection.due -= 1;
  return true;
}

/** True for a request to the health document. */
export function isHealth({ url }: IncomingMessage): boolean {
  return new URL(url ?? "/", "http://localhost").pathname === "/api/health";
}
