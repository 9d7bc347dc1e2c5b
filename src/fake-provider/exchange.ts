import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** The whole of a good answer, in both forms. A fault sends less of it, or something else. */
export interface Answer {
  /** Made when it is sent: a job that is refused must not be made. */
  json: () => object;
  /** How many tokens the JSON form takes the time of; 0 for what is not made token by token. */
  jsonTokens: number;
  /** Null when it was not asked for, or there is none. */
  stream: AnswerEvents | null;
}

/** Data of server-sent events, in their order. */
interface AnswerEvents {
  start: string;
  tokens: readonly string[];
  finish: string;
  usage: string | null;
}

/** Milliseconds. */
export interface Pace {
  firstTokenMs: number;
  tokenMs: number;
}

/** A request that is being answered. */
export interface Exchange {
  res: ServerResponse;
  answer: Answer;
  /** True when the caller asked for a stream, and there is one. */
  isStream: boolean;
  pace: Pace;
  /** performance.now() when the request was read. */
  startMs: number;
  /** Aborted when the connection is gone. */
  signal: AbortSignal;
  /** True the first time that a fault asks for this text. */
  isFirstTime: () => boolean;
  /** Resets the connection: the client sees ECONNRESET, and not an end. */
  reset: () => void;
}

/** The answer as it should be. `leaveOut` is for the variants that are fine, too. */
export async function sendWell(exchange: Exchange, leaveOut?: "finish" | "done"): Promise<void> {
  const { answer, isStream, res } = exchange;
  if (!isStream || answer.stream === null) {
    await waitForJson(exchange);
    sendJson(res, 200, answer.json());
    return;
  }
  await sendTokens(exchange, 0, answer.stream.tokens.length);
  await sendEnd(exchange, leaveOut);
}

/** The last events of a stream, and its end. */
export async function sendEnd({ answer, res }: Exchange, leaveOut?: "finish" | "done"): Promise<void> {
  if (answer.stream === null) return;
  if (leaveOut !== "finish") sendEvent(res, answer.stream.finish);
  if (answer.stream.usage !== null) sendEvent(res, answer.stream.usage);
  if (leaveOut !== "done") sendEvent(res, "[DONE]");
  res.end();
}

/** The head of the stream and the first `tokens` tokens; of a JSON answer, the first half. It stays open. */
export async function sendPart(exchange: Exchange, tokens: number): Promise<void> {
  if (exchange.isStream) return sendTokens(exchange, 0, tokens);
  await waitForJson(exchange);
  const text = JSON.stringify(exchange.answer.json());
  sendHead(exchange);
  exchange.res.write(text.slice(0, text.length / 2));
}

/** Tokens `from` up to `to`, each at its time; before the first one, the head of the stream. */
export async function sendTokens(exchange: Exchange, from: number, to: number): Promise<void> {
  const { answer, pace, res } = exchange;
  if (answer.stream === null) return;
  const { start, tokens } = answer.stream;
  for (const [index, token] of tokens.slice(from, to).entries()) {
    const at = from + index;
    await waitUntil(exchange, pace.firstTokenMs + at * pace.tokenMs);
    if (at === 0) {
      sendHead(exchange);
      sendEvent(res, start);
    }
    sendEvent(res, token);
  }
}

/** Status 200 and the content type that was asked for. Sent at once. */
export function sendHead({ res, isStream }: Exchange): void {
  const type = isStream ? "text/event-stream; charset=utf-8" : "application/json";
  res.writeHead(200, { "content-type": type, "cache-control": "no-cache" });
  res.flushHeaders();
}

/** One server-sent event. */
export function sendEvent(res: ServerResponse, data: string): void {
  res.write(`data: ${data}\n\n`);
}

/** A whole JSON answer. */
export function sendJson(
  res: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body);
  res.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text), ...headers });
  res.end(text);
}

/** An error in OpenAI's shape. */
export function sendError(
  res: ServerResponse,
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendJson(res, status, { error: errorOf(code, message, status) }, headers);
}

/** The `error` of OpenAI's error bodies and error events. */
export function errorOf(code: string, message: string, status = 500): object {
  return { message, type: status >= 500 ? "server_error" : "invalid_request_error", param: null, code };
}

/** Waits as long as the model would take for all its tokens. */
export function waitForJson(exchange: Exchange): Promise<void> {
  const { pace, answer } = exchange;
  return waitUntil(exchange, pace.firstTokenMs + Math.max(0, answer.jsonTokens - 1) * pace.tokenMs);
}

/** Waits until `atMs` after the start, so that late timers do not add up. Throws when the connection is gone. */
async function waitUntil({ startMs, signal }: Exchange, atMs: number): Promise<void> {
  const leftMs = startMs + atMs - performance.now();
  if (leftMs > 0) await sleep(leftMs, undefined, { signal });
  else signal.throwIfAborted();
}
