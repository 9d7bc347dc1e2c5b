// create-edge-ai 0.1.0
import type { Option } from "./call.ts";
import { sha256, toHex } from "./digest.ts";
import { HttpError } from "./http.ts";
import { isProduction } from "./platform.ts";

/** Who may call: keys of your own making, comma separated. `openssl rand -base64 32` makes a good one. */
const keys = (process.env.APP_API_KEYS ?? "")
  .split(",")
  .map((key) => key.trim())
  .filter((key) => key !== "");

const digests = keys.map(sha256);

/**
 * Lets in who shows a key of APP_API_KEYS, as `authorization: Bearer <key>` or `x-api-key: <key>`. Without any key set
 * everybody may call while you develop, and nobody in production: 503 and not 401, since no caller can mend it, and so
 * that a health check refuses such a release.
 */
export const auth: Option = {
  name: "auth",
  async run(call, next) {
    if (keys.length > 0) call.caller = identify(call.request);
    else if (isProduction) {
      throw new HttpError(503, "no_api_key_configured", "this app has no API key yet: set APP_API_KEYS");
    }
    return next(call);
  },
};

/** A short name of the caller's key, the same for the same key, from which the key cannot be had. */
function identify(request: Request): string {
  const key = keyOf(request.headers);
  if (key === null) {
    throw unauthorized("missing_api_key", "send an API key: authorization: Bearer <key>");
  }
  const digest = sha256(key);
  const matches = digests.map((known) => isSame(known, digest));
  if (!matches.includes(true)) throw unauthorized("invalid_api_key", "this API key is not known here");
  return toHex(digest.subarray(0, 8));
}

function keyOf(headers: Headers): string | null {
  const bearer = /^bearer +(?<key>\S+) *$/i.exec(headers.get("authorization") ?? "")?.groups?.["key"];
  return bearer ?? headers.get("x-api-key");
}

/** Takes as long for a nearly right digest as for a wrong one: time must not tell how near a guess is. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.reduce((difference, byte, index) => difference | (byte ^ (b[index] ?? 0)), 0) === 0;
}

function unauthorized(code: string, message: string): HttpError {
  return new HttpError(401, code, message, { "www-authenticate": "Bearer" });
}
