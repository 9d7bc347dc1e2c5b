import type { IncomingMessage, ServerResponse } from "node:http";
import { platformHeaders, sendText } from "../../host/platform-errors.ts";
import { newId } from "./platform.ts";
import type { Domain } from "./front.ts";

export interface Protection {
  /** What reaches a protected deployment, or null when there is no bypass. */
  secret: string | null;
  /** standard: all but the production domains. previews: those alone. */
  mode: "standard" | "all" | "previews";
}

const bypass = "x-vercel-protection-bypass";

/** True when the platform lets nobody but a logged-in browser through. */
export function isRefused(
  protection: Protection | null,
  req: IncomingMessage,
  domain: Domain,
  target: string | null | undefined,
): boolean {
  if (protection === null || (protection.mode === "standard" && domain === "production")) return false;
  if (protection.mode === "previews" && target === "production") return false;
  const query = new URL(req.url ?? "/", "http://localhost").searchParams;
  return protection.secret === null || (req.headers[bypass] ?? query.get(bypass)) !== protection.secret;
}

/** The login of a protected deployment: a redirect for a browser, 401 for everybody else. */
export function refuseAccess(req: IncomingMessage, res: ServerResponse): void {
  for (const [name, value] of Object.entries(platformHeaders(newId("dev1")))) res.setHeader(name, value);
  res.setHeader(
    "set-cookie",
    `_vercel_sso_nonce=${newId("nonce")}; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Lax`,
  );
  const login = loginUrl(req);
  if (req.headers.accept?.includes("text/html") === true) {
    res.setHeader("location", login);
    sendText(res, 302, "Redirecting...\n");
  } else sendText(res, 401, loginPage(login), "text/html; charset=utf-8");
}

export function loginUrl({ headers, url }: IncomingMessage): string {
  return `https://vercel.com/sso-api?url=${encodeURIComponent(`https://${headers.host}${url}`)}&nonce=0`;
}

export function loginPage(login: string): string {
  return `<!doctype html><html><head><title>Authentication Required</title></head><body>
<p>Vercel Authentication</p><p>This page could not be displayed. <a href="${login}">Click here to log in</a></p>
</body></html>\n`;
}
