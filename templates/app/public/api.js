const MAX_MESSAGE_CHARACTERS = 300;

/** In memory only: a key in a browser's storage is a key that every script of the origin can read, for ever. */
let apiKey = "";

/** From now on requests carry this key; "" for none. */
export function setApiKey(key) {
  apiKey = key.trim();
}

/** The app refused, or failed. */
export class RequestError extends Error {
  constructor(response, code, message) {
    super(message);
    this.status = response.status;
    this.code = code;
    this.retryAfter = response.headers.get("retry-after");
  }
}

/**
 * Asks a route of this app.
 * @param url on this origin, so that no other one gets the key
 * @param options.body sent as JSON
 * @throws RequestError when the status is 400 or more; what fetch throws when there is no answer
 */
export async function request(url, { method = "GET", body, signal } = {}) {
  const target = new URL(url, location.href);
  if (target.origin !== location.origin) throw new Error(`${target.origin} is not this app`);
  const headers = {
    ...(body !== undefined && { "content-type": "application/json" }),
    ...(apiKey !== "" && { authorization: `Bearer ${apiKey}` }),
  };
  const init = { method, headers, signal, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const response = await fetch(target, init);
  if (!response.ok) throw await toError(response);
  return response;
}

/** Sends JSON and returns what came: `{ body, headers }`. */
export async function post(url, body, signal) {
  const response = await request(url, { method: "POST", body, signal });
  return { body: await response.json(), headers: response.headers };
}

/** Our functions answer in the shape of OpenAI's errors; a platform that fails itself sends text or a page. */
async function toError(response) {
  const text = await response.text().catch(() => "");
  try {
    const { code, message } = JSON.parse(text).error;
    return new RequestError(response, code ?? "error", message ?? "no message came with it");
  } catch {
    const isPage = response.headers.get("content-type")?.includes("html");
    const message = isPage || text.trim() === "" ? response.statusText : text.trim().slice(0, MAX_MESSAGE_CHARACTERS);
    return new RequestError(response, "error", message || "no message came with it");
  }
}
