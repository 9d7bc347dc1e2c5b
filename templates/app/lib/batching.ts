// create-edge-ai 0.1.0
import type { Call, Handle, Option } from "./call.ts";
import { HttpError, isRecord } from "./http.ts";
import { canShareWork } from "./platform.ts";
import { reportOn } from "./reports.ts";
import { callerLeft } from "./caller-left.ts";
import { SharedCall } from "./shared-call.ts";

/** How long the first call waits for others. */
const WINDOW_MS = 5;
/** Of one request to the model, all calls together. A call that has more goes alone. */
const MAX_INPUTS = 256;
const MAX_CHARACTERS = 100_000;
/** The caller's kind of failure: of many, one may be to blame. */
const CALLERS_FAULT = new Set([400, 413, 422]);

/** Calls that go to the model as one. */
class Batch {
  /** The inputs of each, in the order in which they go. */
  readonly seats = new Map<Call, readonly string[]>();
  /** null when only one is left: it goes by itself, as it is. */
  readonly sent: Promise<{ shared: SharedCall; answer: Promise<Merged> } | null>;
  readonly send: () => void;

  constructor(handle: Handle) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.send = resolve;
    this.sent = promise.then(() => this.#send(handle));
  }

  get texts(): string[] {
    return [...this.seats.values()].flat();
  }

  hasRoomFor(texts: readonly string[]): boolean {
    const all = [...this.texts, ...texts];
    return all.length <= MAX_INPUTS && lengthOf(all) <= MAX_CHARACTERS;
  }

  #send(handle: Handle): { shared: SharedCall; answer: Promise<Merged> } | null {
    for (const call of this.seats.keys()) if (call.signal.aborted) this.seats.delete(call);
    const [first] = this.seats.keys();
    if (first === undefined || this.seats.size === 1) return null;
    count.merged += this.seats.size;
    const shared = new SharedCall(first, { ...first.body, input: this.texts });
    for (const call of this.seats.keys()) shared.enter(call);
    const answer = ask(shared, this.texts.length, handle);
    // There may be nobody left to wait for it.
    answer.catch(() => {});
    return { shared, answer };
  }
}

/** The answer to all, each result at its input's place. */
interface Merged {
  headers: Headers;
  body: Record<string, unknown>;
  data: Record<string, unknown>[];
  tokens: number | null;
}

const open = new Map<string, Batch>();
const count = { calls: 0, merged: 0 };
reportOn("batching", () => ({ ...count }));

/**
 * Sends embeddings calls that come within 5 ms of each other to the model as one. Callers are mixed: to the model they are one
 * customer anyway, vectors say nothing of who asked, and each gets only those of its own inputs. The tokens are divided
 * by the length of the texts.
 */
export const batching: Option = {
  name: "batching",
  async run(call, next) {
    const { pathname } = new URL(call.request.url);
    const texts = pathname.endsWith("/embeddings") ? textsOf(call.body) : null;
    if (texts === null || !canShareWork) return next(call);
    count.calls += 1;
    const batch = batchFor(call, texts, next);
    batch.seats.set(call, texts);
    const sent = await batch.sent;
    if (call.signal.aborted) throw callerLeft();
    if (sent === null) return next(call);
    try {
      return answerOf(call, batch, await sent.shared.wait(call, sent.answer));
    } catch (error) {
      if (error instanceof HttpError && CALLERS_FAULT.has(error.status)) return await next(call);
      throw error;
    } finally {
      sent.shared.leave(call);
    }
  },
};

/** The open batch of calls like this one, the inputs aside. */
function batchFor(call: Call, texts: readonly string[], next: Handle): Batch {
  const fields = Object.entries(call.body).filter(([name]) => name !== "input");
  const { pathname } = new URL(call.request.url);
  const key = JSON.stringify([pathname, fields.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
  const underway = open.get(key);
  if (underway?.hasRoomFor(texts) === true) return underway;
  underway?.send();
  const batch = new Batch(next);
  open.set(key, batch);
  setTimeout(() => {
    if (open.get(key) === batch) open.delete(key);
    batch.send();
  }, WINDOW_MS);
  return batch;
}

/** null for what cannot be merged: tokens instead of texts, or more than fits. */
function textsOf({ input }: Record<string, unknown>): string[] | null {
  const inputs: unknown[] = Array.isArray(input) ? input : [input];
  const texts = inputs.filter((each): each is string => typeof each === "string" && each !== "");
  const isMergeable = texts.length === inputs.length && texts.length > 0;
  return isMergeable && texts.length <= MAX_INPUTS && lengthOf(texts) <= MAX_CHARACTERS ? texts : null;
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, { length }) => sum + length, 0);
}

async function ask(shared: SharedCall, inputs: number, next: Handle): Promise<Merged> {
  const { call } = shared;
  try {
    const { status, headers, body: stream } = await next(call);
    const body: unknown = await new Response(stream).json().catch(() => null);
    if (status !== 200) throw new HttpError(status, "failed", `the model answered ${status}`);
    const data = isRecord(body) && Array.isArray(body["data"]) ? body["data"].filter(isRecord) : [];
    const sorted = data.toSorted((a, b) => Number(a["index"]) - Number(b["index"]));
    // Whoever gets a vector has to get that of its own text: an answer that leaves this open is none.
    if (!isRecord(body) || sorted.length !== inputs || sorted.some(({ index }, place) => index !== place)) {
      throw new HttpError(502, "upstream_error", "the model did not answer each input once");
    }
    return { headers, body, data: sorted, tokens: tokensOf(body["usage"]) ?? call.facts.promptTokens };
  } finally {
    shared.over();
    call.end();
  }
}

function tokensOf(usage: unknown): number | null {
  const tokens: unknown = isRecord(usage) ? usage["prompt_tokens"] : null;
  return typeof tokens === "number" ? tokens : null;
}

/** What the call would have been answered alone; of the tokens, its part by characters. */
function answerOf(call: Call, batch: Batch, { headers, body, data, tokens }: Merged): Response {
  const calls = [...batch.seats.keys()];
  const before = calls.slice(0, calls.indexOf(call)).flatMap((other) => batch.seats.get(other) ?? []);
  const own = batch.seats.get(call) ?? [];
  const results = data.slice(before.length, before.length + own.length).map((each, index) => ({ ...each, index }));
  // Rounded at the borders between calls, so that all parts add up.
  const border = (characters: number): number => Math.round(((tokens ?? 0) * characters) / lengthOf(batch.texts));
  const share = tokens === null ? null : border(lengthOf(before) + lengthOf(own)) - border(lengthOf(before));
  call.facts.promptTokens = share;
  const usage = share === null ? {} : { usage: { prompt_tokens: share, total_tokens: share } };
  const kept = [...headers].filter(([name]) => name !== "content-length");
  return Response.json({ ...body, data: results, ...usage }, { headers: kept });
}
