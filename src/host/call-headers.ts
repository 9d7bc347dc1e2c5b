import type { IncomingMessage } from "node:http";
import type { Call } from "./call.ts";
import { bodyHeaders, endToEnd } from "./end-to-end.ts";
import { platformHeaders } from "./platform-errors.ts";

/** Of these a function sees only what the host says. */
const ownOfRequest = new Set([
  "expect",
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-matched-path",
  "x-real-ip",
  "x-vercel-id",
]);

/** Of these the client sees only what the host says. */
const ownOfAnswer = new Set(["server", "x-matched-path", "x-vercel-cache", "x-vercel-id"]);

/** Raw headers of the request to a function. */
export function requestHeaders({ req, requestId, matchedPath }: Call): string[] {
  const address = req.socket.remoteAddress ?? "127.0.0.1";
  const added = {
    "x-forwarded-for": address,
    "x-forwarded-host": req.headers.host ?? "localhost",
    "x-forwarded-proto": "http",
    "x-matched-path": matchedPath,
    "x-real-ip": address,
    "x-vercel-id": requestId,
  };
  return [...endToEnd(req.rawHeaders, ownOfRequest), ...bodyHeaders(req), ...Object.entries(added).flat()];
}

/** Raw headers of a function's answer. Those of routes only fill what it does not say, but for `important` ones. */
export function answerHeaders(call: Call, answer: IncomingMessage): string[] {
  const { important } = call.headers;
  const raw = endToEnd(answer.rawHeaders, new Set([...ownOfAnswer, ...Object.keys(important)]));
  for (const [name, value] of Object.entries(routeHeaders(call)))
    if (answer.headers[name] === undefined || ownOfAnswer.has(name) || name in important) raw.push(name, value);
  return raw;
}

/** Headers of an answer that nothing else says: the platform's, then those of routes. */
export function routeHeaders({ requestId, matchedPath, headers }: Call): Record<string, string> {
  return { ...platformHeaders(requestId), "x-matched-path": matchedPath, ...headers.normal, ...headers.important };
}
