import type { OutgoingHttpHeaders, ServerResponse } from "node:http";

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Chunk = Awaited<ReturnType<Reader["read"]>>;

/**
 * Writes a web Response as it is produced, no faster than the client takes it.
 * @throws TypeError when it is not a Response
 */
export async function sendResponse(res: ServerResponse, response: unknown): Promise<void> {
  if (!isResponse(response)) throw new TypeError(`the handler returned ${typeof response}, not a Response`);
  const headers = toNodeHeaders(response.headers);
  if (response.body === null || res.req.method === "HEAD" || res.destroyed) {
    await response.body?.cancel();
    endEmpty(res, response.status, headers);
    return;
  }
  const reader = response.body.getReader();
  res.once("close", () => {
    if (!res.writableFinished) cancel(reader);
  });
  const first = reader.read();
  if (await isSlow(first)) {
    // The client gets the head now.
    res.writeHead(response.status, headers).flushHeaders();
    return stream(res, reader, first);
  }
  const chunk = await first;
  if (chunk.done) return endEmpty(res, response.status, headers);
  const second = reader.read();
  if (!(await isSlow(second)) && (await second).done) {
    // A body of one chunk gets a content-length.
    headers["content-length"] ??= chunk.value.byteLength;
    res.writeHead(response.status, headers).end(chunk.value);
    return;
  }
  res.writeHead(response.status, headers);
  if (!res.write(chunk.value)) await drained(res);
  await stream(res, reader, second);
}

async function stream(res: ServerResponse, reader: Reader, first: Promise<Chunk>): Promise<void> {
  for (let chunk = await first; !chunk.done && !res.destroyed; chunk = await reader.read())
    if (!res.write(chunk.value)) await drained(res);
  res.end();
}

/** True when a chunk is not there within one turn of the event loop. Its failure is for who awaits it later. */
async function isSlow(next: Promise<Chunk>): Promise<boolean> {
  next.catch(ignore);
  const later = new Promise<true>((resolve) => {
    setImmediate(resolve, true);
  });
  return Promise.race([next.then(() => false), later]);
}

function endEmpty(res: ServerResponse, status: number, headers: OutgoingHttpHeaders): void {
  if (res.req.method !== "HEAD" && status !== 204 && status !== 304) headers["content-length"] ??= 0;
  res.writeHead(status, headers).end();
}

/** Resolves when more can be written, or when nobody is left to read it. */
function drained(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      res.off("drain", done).off("close", done);
      resolve();
    };
    res.on("drain", done).on("close", done);
    if (res.destroyed) done();
  });
}

/** Tells whoever produces the body that the client has left. */
function cancel(reader: Reader): void {
  reader.cancel(new DOMException("The client has left", "AbortError")).catch(ignore);
}

function ignore(): void {}

function toNodeHeaders(headers: Headers): OutgoingHttpHeaders {
  const result: OutgoingHttpHeaders = {};
  for (const [name, value] of headers) result[name] = value;
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) result["set-cookie"] = cookies;
  return result;
}

/** By shape: a bundled polyfill has its own Response class. */
function isResponse(value: unknown): value is Response {
  return typeof value === "object" && value !== null && "status" in value && "headers" in value && "body" in value;
}
