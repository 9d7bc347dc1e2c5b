// create-edge-ai 0.1.0
/** What `lib/usage.ts` may log of a request: figures and names, never texts. */
export interface CallFacts {
  /** The target that answered, and how many were asked in all. */
  target: string | null;
  attempts: number;
  promptTokens: number | null;
  completionTokens: number | null;
  /** Images that were ordered, and what they cost in USD; null when that is not known. */
  images: number | null;
  imagesUsd: number | null;
  /** From arrival to the first content; null when there was none. */
  firstContentMs: number | null;
  /** Why it did not go well: the code of the error the caller got; null when it did. */
  errorCode: string | null;
  isCached: boolean;
}

/** One request on its way to the model, and what became of it. */
export class Call {
  readonly request: Request;
  /** The parsed body. The route checks it. */
  readonly body: Record<string, unknown>;
  /** Aborted when the caller leaves. */
  readonly signal: AbortSignal;
  /** Who asks, as `lib/auth.ts` knows it. Part of cache keys and rate limits; never the key itself. */
  caller = "anonymous";
  /** performance.now() at arrival: the budget to the first content counts from here. */
  readonly arrivedMs: number = performance.now();
  readonly facts: CallFacts = {
    target: null,
    attempts: 0,
    promptTokens: null,
    completionTokens: null,
    images: null,
    imagesUsd: null,
    firstContentMs: null,
    errorCode: null,
    isCached: false,
  };
  /** True once a stream is on its way: then the call ends with the stream, and not with the response. */
  isStreaming = false;
  readonly #ended = Promise.withResolvers<void>();

  /** @param signal another one than the request's */
  constructor(request: Request, body: Record<string, unknown>, signal: AbortSignal = request.signal) {
    this.request = request;
    this.body = body;
    this.signal = signal;
  }

  /** Resolves when the last byte of the answer has been handed over, or the call has failed. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  end(): void {
    this.#ended.resolve();
  }
}

/** Answers a call. Throws HttpError for what the caller should be told. */
export type Handle = (call: Call) => Promise<Response>;

/** Something every call passes on its way to the model: it may refuse, answer itself, or hand on to `next`. */
export interface Option {
  name: string;
  run(call: Call, next: Handle): Promise<Response>;
}
