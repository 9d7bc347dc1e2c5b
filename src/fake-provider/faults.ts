import { setTimeout as sleep } from "node:timers/promises";
import {
  errorOf,
  sendEnd,
  sendError,
  sendEvent,
  sendHead,
  sendJson,
  sendPart,
  sendTokens,
  sendWell,
  waitForJson,
  type Exchange,
} from "./exchange.ts";

type Fault = (exchange: Exchange) => Promise<void> | void;

/** Tokens before a stream breaks. */
const PART = 4;
const TOKENS_BEFORE_BAD_EVENT = 2;
/** What was written should reach the client before the reset does. */
const BEFORE_RESET_MS = 20;
const KEEP_ALIVE_EVERY_MS = 50;
const BROKEN = '{"id":"broken","choices":[{"delta":{"content":';

/**
 * What can go wrong at a provider, seen from the wire. A JSON request gets the JSON form of a stream's fault. The names
 * are part of the command's documentation: a fault that is gone breaks somebody's test.
 */
export const faults = {
  "rate-limited-1s": refuse(429, "rate_limit_exceeded", () => ({ "retry-after": "1" })),
  // Seconds are all an HTTP date has: this is between 1 and 2 s ahead.
  "rate-limited-date": refuse(429, "rate_limit_exceeded", () => ({
    "retry-after": new Date(Date.now() + 2_000).toUTCString(),
  })),
  "rate-limited-120s": refuse(429, "rate_limit_exceeded", () => ({ "retry-after": "120" })),
  "rate-limited-once": once(refuse(429, "rate_limit_exceeded", () => ({ "retry-after": "1" }))),
  error: refuse(500, "internal_error"),
  "error-once": once(refuse(500, "internal_error")),
  unavailable: refuse(503, "overloaded"),
  "bad-gateway-html": ({ res }) => {
    res.writeHead(502, { "content-type": "text/html" });
    res.end("<html><body><h1>502 Bad Gateway</h1></body></html>");
  },
  unauthorized: refuse(401, "invalid_api_key"),
  "bad-request": refuse(400, "invalid_request"),
  "not-found": refuse(404, "model_not_found"),
  reset: ({ reset }) => reset(),
  // Nothing more is sent; the connection ends when the client or the server does.
  hang: () => {},
  "hang-after-headers": (exchange) => sendHead(exchange),
  "hang-mid": (exchange) => sendPart(exchange, PART),
  "reset-mid": async (exchange) => {
    await sendPart(exchange, PART);
    await sleep(BEFORE_RESET_MS, undefined, { signal: exchange.signal });
    exchange.reset();
  },
  truncated: async (exchange) => {
    await sendPart(exchange, PART);
    exchange.res.end();
  },
  "bad-json": sendBadJson,
  "bad-sse": async (exchange) => {
    if (!exchange.isStream) return sendBadJson(exchange);
    await sendTokens(exchange, 0, TOKENS_BEFORE_BAD_EVENT);
    sendEvent(exchange.res, BROKEN);
    await sendTokens(exchange, TOKENS_BEFORE_BAD_EVENT, Infinity);
    return sendEnd(exchange);
  },
  "error-body": sendErrorBody,
  "error-event": (exchange) => sendErrorEvent(exchange, 0),
  "error-event-mid": (exchange) => sendErrorEvent(exchange, PART),
  empty: (exchange) => {
    sendHead(exchange);
    exchange.res.end();
  },
  "slow-drip": async (exchange) => {
    sendHead(exchange);
    while (!exchange.signal.aborted) {
      exchange.res.write(exchange.isStream ? ": keep-alive\n\n" : " ");
      await sleep(KEEP_ALIVE_EVERY_MS, undefined, { signal: exchange.signal });
    }
  },
  // The other form than the one that was asked for.
  "not-a-stream": async (exchange) => {
    await waitForJson(exchange);
    if (exchange.isStream) return sendJson(exchange.res, 200, exchange.answer.json());
    sendHead({ ...exchange, isStream: true });
    sendEvent(exchange.res, JSON.stringify(exchange.answer.json()));
    exchange.res.end("data: [DONE]\n\n");
  },
  "empty-content": async (exchange) => {
    await waitForJson(exchange);
    if (!exchange.isStream) return sendJson(exchange.res, 200, withoutContent(exchange.answer.json()));
    sendHead(exchange);
    sendEvent(exchange.res, exchange.answer.stream?.start ?? "{}");
    return sendEnd(exchange);
  },
  "done-only": (exchange) => sendWell(exchange, "finish"),
  "finish-only": (exchange) => sendWell(exchange, "done"),
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;

/** True for the name of a fault. */
export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(faults, name);
}

function refuse(status: number, code: string, headers: () => Record<string, string> = () => ({})): Fault {
  return ({ res }) => sendError(res, status, code, `the fake provider was asked to answer ${status}`, headers());
}

function once(fault: Fault): Fault {
  return (exchange) => (exchange.isFirstTime() ? fault(exchange) : sendWell(exchange));
}

function sendBadJson(exchange: Exchange): void {
  sendHead(exchange);
  exchange.res.end(exchange.isStream ? `data: ${BROKEN}\n\n` : BROKEN);
}

function sendErrorBody({ res }: Exchange): void {
  sendJson(res, 200, { error: errorOf("internal_error", "the model failed") });
}

async function sendErrorEvent(exchange: Exchange, afterTokens: number): Promise<void> {
  if (!exchange.isStream) return sendErrorBody(exchange);
  if (afterTokens === 0) sendHead(exchange);
  else await sendTokens(exchange, 0, afterTokens);
  sendEvent(exchange.res, JSON.stringify({ error: errorOf("internal_error", "the model failed") }));
  exchange.res.end();
}

/** The same answer with every text and list of vectors empty. */
function withoutContent(json: object): object {
  return JSON.parse(
    JSON.stringify(json, (key, value: unknown) =>
      key === "content" ? "" : key === "data" || key === "images" ? [] : value,
    ),
  );
}
