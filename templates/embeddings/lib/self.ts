// create-edge-ai 0.1.0
/** Headers that let a request through Vercel's deployment protection; a call to ourselves needs them too. */
const PASS_ON = ["x-vercel-protection-bypass", "cookie"];

/**
 * Calls another function of this deployment. Each function is its own instance with its own memory: what one loads,
 * another cannot use, so the only way to the model is the function that has it.
 */
export function callSelf(request: Request, path: string, body: object): Promise<Response> {
  const headers = new Headers({ "content-type": "application/json" });
  for (const name of PASS_ON) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  const url = new URL(path, request.url);
  const secret = process.env.VERCEL_AUTOMATION_BYPASS_SECRET;
  if (secret !== undefined && isOwnHost(url.host)) headers.set("x-vercel-protection-bypass", secret);
  return fetch(url, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    redirect: "error",
    signal: request.signal,
  });
}

/** The platform's own names of this project: behind a proxy, the host of a request may be anybody's word. */
function isOwnHost(host: string): boolean {
  const { VERCEL_URL, VERCEL_BRANCH_URL, VERCEL_PROJECT_PRODUCTION_URL } = process.env;
  return [VERCEL_URL, VERCEL_BRANCH_URL, VERCEL_PROJECT_PRODUCTION_URL].includes(host);
}
