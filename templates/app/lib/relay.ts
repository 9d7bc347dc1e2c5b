// create-edge-ai 0.1.0
import type { Attempt } from "./attempt.ts";
import { breakerOf } from "./breaker.ts";
import { readChunk } from "./chunk.ts";
import { deadlines } from "./deadlines.ts";
import { brokenAs, Fault } from "./fault.ts";
import { errorBody } from "./http.ts";
import { SseSplitter, type SseEvent } from "./sse.ts";

/** What a stream may hold back before its first content. */
const MAX_HELD_BYTES = 1_048_576;
/**
 * After the last finish_reason only the figures and [DONE] are left to come, after [DONE] only the end of the body. It is
 * waited for so that the connection can be used again.
 */
const END_MS = 1_000;

const encoder = new TextEncoder();
const DONE = encoder.encode("data: [DONE]\n\n");
/** Ends an event whose empty line a server has left out at the end. */
const EVENT_END = encoder.encode("\n\n");

export interface RelayOptions {
  /** How many answers were asked for: the stream is complete when all of them are, or with [DONE]. */
  choices: number;
  /** We have asked for the chunk with the figures; the caller has not. */
  hidesUsage: boolean;
}

/**
 * Opens the stream of an answer, and gives it to the caller from its first content on: until then, another target can
 * still be asked. Events are handed on as they are. A stream that breaks later ends with an error event and no [DONE];
 * every complete one ends with [DONE].
 * @throws Fault when there is no content
 */
export async function openRelay(
  response: Response,
  attempt: Attempt,
  options: RelayOptions,
): Promise<ReadableStream<Uint8Array>> {
  const isStream = /^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "");
  if (!isStream || response.body === null) throw new Fault("upstream_bad_answer", "not a stream");
  const relay = new Relay(response.body, attempt, options);
  await relay.open();
  return new ReadableStream(relay, { highWaterMark: 0 });
}

/** What a ReadableStream is made of: its `start`, `pull` and `cancel`. */
class Relay {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #attempt: Attempt;
  readonly #options: RelayOptions;
  readonly #events = new SseSplitter();
  /** What the caller may have. */
  #ready: Uint8Array[] = [];
  #hasContent = false;
  #finished = 0;
  #isDone = false;
  /** Nothing more will come, and why that is a fault unless the answer is complete. */
  #end: Fault | null = null;
  /** Before the first content, the attempt's own limit is the shorter one. */
  #idleLeftMs: number = deadlines.totalMs;
  #totalTimer: ReturnType<typeof setTimeout> | undefined;
  /** Null when nobody reads any more. */
  #caller: ReadableStreamDefaultController<Uint8Array> | null = null;

  constructor(body: ReadableStream<Uint8Array>, attempt: Attempt, options: RelayOptions) {
    this.#reader = body.getReader();
    this.#attempt = attempt;
    this.#options = options;
  }

  async open(): Promise<void> {
    while (!this.#hasContent && this.#end === null) {
      await this.#read();
      const heldBytes = this.#ready.reduce((sum, { length }) => sum + length, 0);
      if (heldBytes > MAX_HELD_BYTES && !this.#hasContent) throw new Fault("upstream_bad_answer", "no content");
    }
    if (this.#hasContent) return;
    throw this.#isComplete || this.#end === null ? new Fault("upstream_bad_answer", "empty") : this.#end;
  }

  start(caller: ReadableStreamDefaultController<Uint8Array>): void {
    const { call, abort } = this.#attempt;
    this.#caller = caller;
    call.isStreaming = true;
    call.facts.firstContentMs = performance.now() - call.arrivedMs;
    // Also when nobody reads: then no read would notice.
    abort.signal.addEventListener("abort", () => this.#finish(abort.signal.reason), { once: true });
    this.#totalTimer = setTimeout(
      () => abort.abort(new Fault("upstream_timeout", "total")),
      call.arrivedMs + deadlines.totalMs - performance.now(),
    );
  }

  async pull(): Promise<void> {
    while (this.#ready.length === 0 && this.#end === null) await this.#read();
    for (const bytes of this.#ready.splice(0)) this.#caller?.enqueue(bytes);
    if (this.#end !== null) this.#finish(this.#end);
  }

  cancel(): void {
    this.#caller = null;
    this.#attempt.abort.abort();
  }

  /** Takes in what came next. Content, not bytes, starts the clock again: some hosts send comments for ever. */
  async #read(): Promise<void> {
    const startedMs = performance.now();
    const { abort } = this.#attempt;
    const timer = setTimeout(() => abort.abort(new Fault("upstream_timeout", "idle")), this.#idleLeftMs);
    try {
      const { done, value } = await this.#reader.read().catch(brokenAs("upstream_cut"));
      this.#idleLeftMs -= performance.now() - startedMs;
      if (done) this.#end = new Fault(this.#hasContent ? "upstream_cut" : "upstream_bad_answer", "ended early");
      this.#take(value ?? EVENT_END);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#end ??= error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** What is not for the caller is cut out; the rest is handed on in as few pieces as possible. */
  #take(chunk: Uint8Array): void {
    const { bytes, events } = this.#events.push(chunk);
    let from = 0;
    let to = 0;
    try {
      for (const event of events) {
        const isForCaller = this.#note(event);
        if (!isForCaller) {
          this.#hold(bytes.subarray(from, to));
          from = event.end;
        }
        to = event.end;
      }
    } finally {
      this.#hold(bytes.subarray(from, to));
    }
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#ready.push(bytes);
  }

  /** Learns what an event says. @returns whether the caller gets it */
  #note({ data, isError }: SseEvent): boolean {
    if (this.#isDone) return false;
    // Comments keep the caller's connection open, too.
    if (data === null) return this.#hasContent;
    if (data === "[DONE]") {
      this.#isDone = true;
      this.#idleLeftMs = END_MS;
      return true;
    }
    if (isError) throw new Fault("upstream_bad_answer", "error");
    const { hasContent, finished, isUsageOnly, usage } = readChunk(data);
    this.#finished += finished;
    if (usage !== null) Object.assign(this.#attempt.call.facts, usage);
    if (hasContent) {
      this.#hasContent = true;
      this.#idleLeftMs = deadlines.idleMs;
    }
    if (finished > 0 && this.#isComplete) this.#idleLeftMs = END_MS;
    return !(isUsageOnly && this.#options.hidesUsage);
  }

  get #isComplete(): boolean {
    return this.#isDone || this.#finished >= this.#options.choices;
  }

  /** Ends the caller's stream, once. @param reason a Fault, or that the caller has left */
  #finish(reason: unknown): void {
    const { call, target, abort } = this.#attempt;
    const caller = this.#caller;
    this.#caller = null;
    clearTimeout(this.#totalTimer);
    if (this.#isComplete) {
      breakerOf(target).succeed();
      if (!this.#isDone) caller?.enqueue(DONE);
    } else if (reason instanceof Fault) {
      if (caller !== null) breakerOf(target).fail(reason);
      call.facts.errorCode ??= reason.code;
      caller?.enqueue(encoder.encode(`data: ${JSON.stringify(errorBody(reason))}\n\n`));
    } else call.facts.errorCode ??= "client_closed_request";
    caller?.close();
    call.end();
    abort.abort(reason);
  }
}
