import type { StreamFigures } from "../document.ts";
import { text, type ResponseHeaders } from "./headers.ts";
import type { StreamTimes, Usage } from "../samples.ts";
import { sseParser } from "./sse.ts";
import { quantile } from "../statistics/statistics.ts";
import { meaningOf, parseEvent } from "./stream-event.ts";
import { modelOf, reasoningTokensOf, usageOf } from "./usage.ts";

type Kind = "events" | "text" | "none";

/** Types whose pieces, as the network brings them, are taken for content: only where the probe asked for a stream. */
const PLAIN_STREAM = /^(text\/plain|application\/(x-)?(ndjson|jsonl|jsonlines))\b/i;

/**
 * Reads a streamed answer while it comes. A `text/event-stream` is one always. Plain text and JSON lines are one only when the
 * probe asked for it (`"stream": true` in its body): then each piece that is not empty is content, and the end of the body is
 * the end of the answer, since nothing in it says more. Any other answer passes unread.
 */
export class StreamReader {
  /** When each piece of content came (performance.now()); several of one network chunk came at once. */
  readonly contentAt: number[] = [];
  /** All content, for `expect.contains`. */
  content = "";
  /** The text of an error event. */
  failure: string | null = null;
  /** Some event was one of a model's answer. */
  isKnown = false;
  /** finish_reason, [DONE] or the like has come. */
  isComplete = false;
  usage: Usage | null = null;
  model: string | null = null;
  readonly #asked: boolean;
  #kind: Kind | null = null;
  #at = 0;
  #hasEvent = false;
  #reasoningTokens = 0;
  #parser: ReturnType<typeof sseParser> | null = null;
  #decoder: InstanceType<typeof TextDecoder> | null = null;

  constructor(asked: boolean) {
    this.#asked = asked;
  }

  /** It was an event stream, or the stream that was asked for; false as long as no byte has come. */
  get isStream(): boolean {
    return this.#kind === "events" || this.#kind === "text";
  }

  get isEventStream(): boolean {
    return this.#kind === "events";
  }

  /** It ended without any event. */
  get isUnread(): boolean {
    return this.#kind === "events" && !this.#hasEvent;
  }

  /** Tokens that were written after the reasoning, as the answer counts them; null when it does not. */
  get outputTokens(): number | null {
    return this.usage === null ? null : Math.max(0, this.usage.outputTokens - this.#reasoningTokens);
  }

  readonly onData = (chunk: Buffer, headers: ResponseHeaders, at: number): void => {
    this.#kind ??= kindOf(headers, this.#asked);
    if (this.#kind === "none") return;
    this.#at = at;
    if (this.#kind === "text") {
      this.#decoder ??= new TextDecoder();
      this.#add(this.#decoder.decode(chunk, { stream: true }));
    } else {
      this.#parser ??= sseParser(({ type, data }) => this.#read(type, data));
      this.#parser.push(chunk);
    }
  };

  /** To be called when the answer is over: an event without its blank line is read then. */
  end(): void {
    this.#parser?.end();
  }

  #read(type: string, data: string): void {
    this.#hasEvent = true;
    const event = parseEvent(data);
    this.usage = usageOf(event, this.usage);
    this.#reasoningTokens = reasoningTokensOf(event) ?? this.#reasoningTokens;
    const { isKnown, content, isEnd, failure } = meaningOf(type, data, event);
    if (!isKnown) return;
    this.isKnown = true;
    this.isComplete ||= isEnd;
    this.failure ??= failure;
    this.model ??= modelOf(event);
    this.#add(content);
  }

  #add(content: string): void {
    if (content.trim() === "" && (content === "" || this.#kind === "text")) return;
    this.content += content;
    this.contentAt.push(this.#at);
  }
}

function kindOf(headers: ResponseHeaders, asked: boolean): Kind {
  const type = text(headers["content-type"]);
  if (/^text\/event-stream\b/i.test(type)) return "events";
  return asked && PLAIN_STREAM.test(type) ? "text" : "none";
}

/** Fewer pieces say nothing about how they came. */
const PIECES_TO_TELL = 5;
/** The first piece came after this share of the whole time … */
const LATE = 0.9;
/** … and then more than one a millisecond: no model writes so fast, a finished answer that is cut into pieces does. */
const FASTEST_GAP_MS = 1;

/**
 * Did the content come all at once at the end? So if it came in at least 5 pieces, the first after 90 % of the time to the last,
 * and on average less than 1 ms apart: it was written whole before, or something on the way held it back.
 */
export function isFaked({ contentMs }: StreamTimes): boolean {
  const first = contentMs[0] ?? 0;
  const last = contentMs.at(-1) ?? 0;
  const gapMs = (last - first) / (contentMs.length - 1);
  return contentMs.length >= PIECES_TO_TELL && first >= LATE * last && gapMs < FASTEST_GAP_MS;
}

/**
 * Sums up streamed answers, good or not; null when there was none. Times in ms since each request was due, gaps in ms between
 * pieces. Tokens a second of an answer: what came after its first piece (its own count less one, else the pieces) over the time
 * since then; of answers with less than two pieces, or all pieces at once, none.
 */
export function streamFigures(streams: readonly StreamTimes[]): StreamFigures | null {
  if (streams.length === 0) return null;
  const gaps = streams.flatMap(({ contentMs }) => contentMs.slice(1).map((at, i) => at - (contentMs[i] ?? at)));
  return {
    answers: streams.length,
    headersMs: quantiles(streams.map(({ headersMs }) => headersMs)),
    firstByteMs: quantiles(streams.map(({ firstByteMs }) => firstByteMs)),
    firstTokenMs: quantiles(streams.flatMap(({ contentMs }) => contentMs.slice(0, 1))),
    interTokenMs: quantiles(gaps),
    longestStallMs: gaps.length === 0 ? null : gaps.reduce((longest, gap) => Math.max(longest, gap), 0),
    tokensPerSecond: quantiles(streams.flatMap(tokensPerSecond)),
    faked: streams.filter(isFaked).length,
  };
}

function tokensPerSecond({ contentMs, outputTokens }: StreamTimes): number[] {
  const spanMs = (contentMs.at(-1) ?? 0) - (contentMs[0] ?? 0);
  const after = Math.max(contentMs.length, outputTokens ?? 0) - 1;
  return spanMs > 0 ? [(after * 1_000) / spanMs] : [];
}

function quantiles(values: readonly number[]): { p50: number | null; p95: number | null } {
  const sorted = Float64Array.from(values.filter((value) => Number.isFinite(value))).toSorted();
  if (sorted.length === 0) return { p50: null, p95: null };
  return { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) };
}
