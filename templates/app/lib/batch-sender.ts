// create-edge-ai 0.1.0
import { setTimeout as sleep } from "node:timers/promises";
import { HttpError, isRecord, parseJson } from "./http.ts";
import { retryAfterMs } from "./retry.ts";
import { callSelf } from "./self.ts";
import { callerLeft } from "./caller-left.ts";

interface Reply {
  status: number;
  headers: Headers;
  /** Its JSON; undefined when there was none. */
  answer: unknown;
}

/** Who asks may not, or there is nobody to ask: it is the same for all other items. */
const ENDS_BATCH = new Set([401, 403, 404]);
/** Too much at once: whoever goes on makes it worse. */
const BUSY = new Set([429, 503]);
/** Ours: the function that has the model asks for this little when it is full for a moment. */
const MAX_WAIT_MS = 2_000;

/** Sends the requests of one batch to the function that has the model, and knows when to send no more. */
export class BatchSender {
  readonly #request: Request;
  readonly #route: string;
  readonly #end = new AbortController();
  readonly #signal: AbortSignal;
  /** The one wait of a batch. All wait for it together. */
  #rest: Promise<void> | null = null;
  #busy: Reply | null = null;

  constructor(request: Request, route: string) {
    this.#request = request;
    this.#route = route;
    this.#signal = AbortSignal.any([request.signal, this.#end.signal]);
  }

  /**
   * What the function answers to these inputs. Once it was busy for too long, or again after a wait, nothing more is sent,
   * and all get the answer that said so.
   * @throws HttpError with the status of an answer that holds for the whole batch; 499 when the caller leaves
   */
  async send(inputs: readonly unknown[]): Promise<Reply> {
    const rest = this.#rest;
    await rest;
    if (this.#signal.aborted) throw this.#whyOver();
    if (this.#busy !== null) return this.#busy;
    const reply = await this.#post(inputs);
    if (ENDS_BATCH.has(reply.status)) {
      this.#end.abort(asRefusal(reply));
      throw this.#whyOver();
    }
    if (!BUSY.has(reply.status)) return reply;
    if (rest === null && this.#busy === null) this.#rest ??= this.#restAfter(reply);
    if (rest === null && this.#rest !== null) return this.send(inputs);
    return (this.#busy ??= reply);
  }

  async #post(inputs: readonly unknown[]): Promise<Reply> {
    try {
      const response = await callSelf(this.#request, this.#route, { input: inputs }, null, { signal: this.#signal });
      const text = await response.text();
      return { status: response.status, headers: response.headers, answer: parseJson(text) };
    } catch {
      if (this.#signal.aborted) throw this.#whyOver();
      const error = { code: "unreachable", message: `${this.#route} did not answer` };
      return { status: 502, headers: new Headers(), answer: { error } };
    }
  }

  #restAfter({ headers }: Reply): Promise<void> | null {
    const waitMs = retryAfterMs(headers);
    if (waitMs === null || waitMs > MAX_WAIT_MS) return null;
    // Who waits for it looks at the signal afterwards.
    return sleep(waitMs, undefined, { signal: this.#signal }).catch(() => {});
  }

  /** All requests of a batch that is over fail for the same reason, whichever of them is heard first. */
  #whyOver(): unknown {
    return this.#request.signal.aborted ? callerLeft() : this.#end.signal.reason;
  }
}

/** What an answer says is wrong, in its own words if it has any. */
export function errorOf({ answer, status }: Reply): { code: string; message: string } {
  const { code, message } = isRecord(answer) && isRecord(answer["error"]) ? answer["error"] : {};
  return {
    code: typeof code === "string" ? code : "failed",
    message: typeof message === "string" ? message : `the function that has the model answered ${status}`,
  };
}

function asRefusal(reply: Reply): HttpError {
  const { code, message } = errorOf(reply);
  const authenticate = reply.headers.get("www-authenticate");
  return new HttpError(reply.status, code, message, authenticate === null ? {} : { "www-authenticate": authenticate });
}
