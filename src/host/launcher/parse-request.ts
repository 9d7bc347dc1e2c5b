import { parse as parseForm } from "node:querystring";

/** A mistake of the client that a helper found; becomes an answer with this status. */
export class RequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Parameters of the URL; one that is there twice is a list. */
export function parseQuery(url: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  const { searchParams } = new URL(url, "http://localhost");
  for (const key of new Set(searchParams.keys())) {
    const [first = "", ...more] = searchParams.getAll(key);
    query[key] = more.length === 0 ? first : [first, ...more];
  }
  return query;
}

/** Cookies by name; the first of a name counts, quotes around a value do not. */
export function parseCookies(header: string): Record<string, string> {
  const cookies: Record<string, string> = {};
  for (const pair of header.split(";")) {
    const at = pair.indexOf("=");
    if (at === -1) continue;
    const name = pair.slice(0, at).trim();
    cookies[name] ??= decode(
      pair
        .slice(at + 1)
        .trim()
        .replace(/^"(.*)"$/, "$1"),
    );
  }
  return cookies;
}

/** A parser of the body by its content type. What it does not know is undefined, as on Vercel. */
export function bodyParser(body: Buffer, contentType = "text/plain"): () => unknown {
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  return () => parsers[type]?.(body);
}

const parsers: Record<string, (body: Buffer) => unknown> = {
  "application/json": parseJson,
  "application/octet-stream": (body) => body,
  "application/x-www-form-urlencoded": (body) => parseForm(body.toString()),
  "text/plain": (body) => body.toString(),
};

function parseJson(body: Buffer): unknown {
  try {
    return body.length === 0 ? {} : JSON.parse(body.toString());
  } catch {
    throw new RequestError(400, "Invalid JSON");
  }
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
