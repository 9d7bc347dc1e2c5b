import type { ErrorCause } from "./causes.ts";
import { causeOfError, causeOfStatus, describeStatus, isLoginPage } from "./classify.ts";
import { hadCarried, type Exchange } from "./exchange.ts";
import { beginning, bodyProblem, isRecord, lazyBody, type Body, type CompiledExpect } from "./expect.ts";
import { text } from "./headers.ts";
import type { Usage } from "../samples.ts";
import { isSaid } from "./stream-event.ts";
import type { StreamReader } from "./stream.ts";
import { modelOf, usageOf } from "./usage.ts";

/** What one answer is worth. */
export interface Judgement {
  cause: ErrorCause | null;
  /** What is wrong, for a person; empty when nothing is. */
  detail: string;
  usage: Usage | null;
}

type Finding = Pick<Judgement, "cause" | "detail">;

/** What the rules below look at. */
interface Facts {
  exchange: Exchange;
  expect: CompiledExpect;
  stream: StreamReader;
  /** The body as JSON; undefined when it is none, or nobody needs to know. */
  value: unknown;
  body: Body;
}

const DETAIL_LENGTH = 200;
/** An answer of a model is smaller; parsing more would hold up the measurement. Its assertions are judged all the same. */
const LARGEST_PARSED_BYTES = 1024 * 1024;

/** In this order: what comes first explains what would come after it. */
const rules: readonly ((facts: Facts) => Finding | null)[] = [
  streamError,
  cutStream,
  loginPage,
  contentType,
  errorBody,
  emptyCompletion,
  wrongModel,
  assertion,
];

/** Judges a finished exchange by what its probe expects; `stream` has read it. */
export function judgeAnswer(exchange: Exchange, expect: CompiledExpect, stream: StreamReader): Judgement {
  const unanswered = transport(exchange);
  if (unanswered !== null) return { ...unanswered, usage: stream.usage };
  const { status, headers } = exchange;
  if (status !== expect.status) {
    return {
      cause: causeOfStatus(status ?? 0, headers),
      detail: [describeStatus(status ?? 0, headers), errorCodeIn(exchange)].filter((part) => part !== "").join(" "),
      usage: stream.usage,
    };
  }
  const body = lazyBody(exchange.body);
  const value = isWorthParsing(exchange, expect, stream) ? body.json() : undefined;
  const usage = stream.usage ?? usageOf(value);
  const facts = { exchange, expect, stream, value, body };
  for (const rule of rules) {
    const finding = rule(facts);
    if (finding !== null) return { ...finding, usage };
  }
  return { cause: null, detail: "", usage };
}

/** The code that an app's own error carries, in OpenAI's shape: it says more than a status. */
function errorCodeIn({ body }: Exchange): string {
  if (body.length > LARGEST_PARSED_BYTES) return "";
  const value = lazyBody(body).json();
  const error = isRecord(value) ? value["error"] : undefined;
  const code = isRecord(error) ? error["code"] : undefined;
  return typeof code === "string" && /^[\w.-]{1,60}$/.test(code) ? code : "";
}

function transport({ error, status }: Exchange): Finding | null {
  if (error !== null) {
    const old =
      status === null && hadCarried(error) ? "; the connection had brought an answer, or a part of one, before" : "";
    return { cause: causeOfError(error, status !== null), detail: `${error.message}${old}` };
  }
  return status === null ? { cause: "protocol", detail: "an answer without a status" } : null;
}

const TELLTALES = ['"error"', '"usage"', '"choices"', '"type":'] as const;

/** Only JSON that may say something: parsing every answer would cost more than sending the request. */
function isWorthParsing(
  { headers, body, bytes }: Exchange,
  expect: CompiledExpect,
  { isStream }: StreamReader,
): boolean {
  if (isStream || bytes > LARGEST_PARSED_BYTES || !/\bjson\b/i.test(text(headers["content-type"]))) return false;
  if (expect.json !== undefined || expect.schemaProblem !== null || expect.model !== undefined) return true;
  return TELLTALES.some((each) => body.includes(each));
}

function streamError({ stream: { failure } }: Facts): Finding | null {
  return failure === null
    ? null
    : { cause: "error-body", detail: `an error in the stream: ${beginning(failure, DETAIL_LENGTH)}` };
}

function cutStream({ stream }: Facts): Finding | null {
  if (!stream.isKnown || stream.isComplete) return null;
  const detail = `the stream ended after ${stream.contentAt.length} pieces, without finish_reason or [DONE]`;
  return { cause: "truncated", detail };
}

/** A web page that nobody asked for, and that asks for a password. */
function loginPage({ exchange: { headers }, expect, body }: Facts): Finding | null {
  const isAskedFor = expect.contentType?.startsWith("text/html") === true || expect.contains !== undefined;
  if (isAskedFor || !/^text\/html\b/i.test(text(headers["content-type"])) || !isLoginPage(body.text())) return null;
  return { cause: "login-page", detail: "a page that asks for a password" };
}

function contentType({ exchange: { headers }, expect, body }: Facts): Finding | null {
  const got = text(headers["content-type"]).toLowerCase();
  if (expect.contentType === undefined || got.startsWith(expect.contentType.toLowerCase())) return null;
  const answer = JSON.stringify(beginning(body.text()));
  return { cause: "content-type", detail: `${got || "no content type"}, not ${expect.contentType}: ${answer}` };
}

function errorBody({ value, expect }: Facts): Finding | null {
  if (expect.allowsError || expect.status >= 300 || !isRecord(value) || !isSaid(value["error"])) return null;
  return { cause: "error-body", detail: beginning(JSON.stringify(value["error"]), DETAIL_LENGTH) };
}

/** Judged where the shape is known; `{ "text": "" }` of an app's own may be the right answer, and is left to `expect`. */
function emptyCompletion({ value, stream }: Facts): Finding | null {
  const isEmpty = stream.isEventStream
    ? stream.content.trim() === "" && (stream.isKnown || stream.isUnread)
    : isRecord(value) && (isEmptyChat(value) || isEmptyMessage(value));
  if (!isEmpty) return null;
  return { cause: "empty-completion", detail: stream.isUnread ? "a stream without an event" : "no content" };
}

/** OpenAI's chat completion. */
function isEmptyChat({ choices, object }: Record<string, unknown>): boolean {
  if (!Array.isArray(choices)) return false;
  const choice: unknown = choices[0];
  if (choice === undefined) return object === "chat.completion";
  if (!isRecord(choice) || !isRecord(choice["message"])) return false;
  const { content, refusal, tool_calls: tools, function_call: call, audio } = choice["message"];
  return [content, refusal, tools, call, audio].every(isBlank);
}

/** Anthropic's message. */
function isEmptyMessage({ type, role, content }: Record<string, unknown>): boolean {
  return type === "message" && role === "assistant" && Array.isArray(content) && content.length === 0;
}

function isBlank(value: unknown): boolean {
  if (typeof value === "string") return value.trim() === "";
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function wrongModel({ expect: { model: expected }, value, stream }: Facts): Finding | null {
  if (expected === undefined) return null;
  const model = stream.model ?? modelOf(value);
  if (model === null) return { cause: "wrong-model", detail: `the answer names no model, expected is ${expected}` };
  return isModel(expected, model) ? null : { cause: "wrong-model", detail: `${model}, not ${expected}` };
}

/** A date or a revision: providers answer gpt-4o-2024-08-06 for gpt-4o. Not any suffix: gpt-4o-mini is another model. */
const REVISION = /^(-(\d{3,8}|\d{2}-\d{4}|\d{4}-\d{2}-\d{2}|v\d[\d.]*|latest|preview))*([@:].*)?$/;

/** Is `actual` the model `expected`, but for case, a `provider/` before either and a revision after it? */
function isModel(expected: string, actual: string): boolean {
  const want = expected.toLowerCase();
  const got = actual.toLowerCase();
  const pairs = [
    [want, got],
    [bare(want), got],
    [want, bare(got)],
  ] as const;
  return pairs.some(([a, b]) => b.startsWith(a) && REVISION.test(b.slice(a.length)));
}

function bare(model: string): string {
  return model.slice(model.indexOf("/") + 1);
}

function assertion({ expect, body, stream }: Facts): Finding | null {
  const problem = bodyProblem(expect, body, stream.isStream ? stream.content : null);
  return problem === null ? null : { cause: "assertion", detail: problem };
}
