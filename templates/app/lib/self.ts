// create-edge-ai 0.1.0
import { askSelf, clientIpHeader } from "./platform.ts";

/** Who the caller is, and what lets a request through Vercel's deployment protection: a call to ourselves needs them too. */
const PASS_ON = ["authorization", "x-api-key", "x-vercel-protection-bypass", "cookie", clientIpHeader];
const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

/**
 * Calls another function of this deployment. Each function is its own instance with its own memory: what one loads,
 * another cannot use, so the only way to the model is the function that has it.
 * @param body null: a GET
 * @param ownKey a key of the app's own instead of what the caller has shown; it only goes to hosts that are ours
 * @param how noStore: keeps out of `lib/cache.ts`, since an answer from there asks no model; signal: another one than the caller's
 */
export function callSelf(
  request: Request,
  path: string,
  body: object | null,
  ownKey: string | null = null,
  { noStore = false, signal = request.signal }: { noStore?: boolean; signal?: AbortSignal } = {},
): Promise<Response> {
  const headers = new Headers({ "content-type": "application/json", ...(noStore && { "cache-control": "no-store" }) });
  for (const name of PASS_ON) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  const url = new URL(path, request.url);
  const secret = process.env.VERCEL_AUTOMATION_BYPASS_SECRET;
  if (secret !== undefined && isOwnHost(url.host)) headers.set("x-vercel-protection-bypass", secret);
  if (ownKey !== null) headers.delete("authorization");
  if (ownKey !== null && (isOwnHost(url.host) || LOOPBACK.test(url.host))) {
    headers.set("authorization", `Bearer ${ownKey}`);
  }
  return askSelf(url, {
    method: body === null ? "GET" : "POST",
    headers,
    body: body === null ? null : JSON.stringify(body),
    signal,
  });
}

/** The platform's own names of this project: behind a proxy, the host of a request may be anybody's word. */
function isOwnHost(host: string): boolean {
  const { VERCEL_URL, VERCEL_BRANCH_URL, VERCEL_PROJECT_PRODUCTION_URL } = process.env;
  return [VERCEL_URL, VERCEL_BRANCH_URL, VERCEL_PROJECT_PRODUCTION_URL].includes(host);
}
