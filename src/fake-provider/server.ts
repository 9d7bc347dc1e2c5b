import { createHash } from "node:crypto";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { listen } from "../host/listen.ts";
import { refuseHost } from "../host/local-host.ts";
import { isRecord, readBody } from "./body.ts";
import { chatAnswer, lastMessage } from "./chat.ts";
import { embeddingsAnswer, inputText } from "./embeddings.ts";
import { sendError, sendJson, sendWell, type Answer, type Exchange, type Pace } from "./exchange.ts";
import { openExchange, type FakeRequest } from "./open-exchange.ts";
import { FakeFal, promptOf } from "./fal.ts";
import type { FalSigner } from "./fal-signer.ts";
import { faults, isFaultName } from "./faults.ts";

export type { FakeRequest } from "./open-exchange.ts";

export interface FakeProviderOptions {
  /** On 127.0.0.1; 0 takes a free one. */
  port?: number;
  /** From the request to the first token. */
  firstTokenMs?: number;
  /** Between tokens. */
  tokenMs?: number;
  /** Tokens of an answer that may be as long. */
  tokens?: number;
  /** How long an image waits in the queue, and how long it is made. */
  imageQueueMs?: number;
  imageRunMs?: number;
}

/** A running provider. */
export interface FakeProvider {
  /** Its origin. */
  url: string;
  /** What AI_BASE_URL has to be. */
  baseUrl: string;
  /** What FAL_BASE_URL has to be. */
  falUrl: string;
  /** What FAL_JWKS_URL has to be. */
  jwksUrl: string;
  /** What it was asked, the oldest first; the last 10,000. In memory only. */
  requests: FakeRequest[];
  /** How many image jobs it has accepted. */
  imageJobs(): number;
  /** Signs webhooks as its queue does. */
  signer: FalSigner;
  close(): Promise<void>;
}

const DEFAULTS = { port: 0, firstTokenMs: 10, tokenMs: 2, tokens: 20, imageQueueMs: 20, imageRunMs: 80 };
const MODELS = ["main-model", "smaller-model", "local-model", "embedding-model"];
/** A provider that is left running must not fill the memory. */
const MAX_REQUESTS = 10_000;

/**
 * Starts a provider that speaks OpenAI's wire format and fal's queue, with answers that depend on the request alone,
 * at a fixed pace, and with faults on demand: a model `fault:<name>`, or the header `x-fake-fault`.
 * @throws CliError PORT when the port cannot be used
 */
export async function startFakeProvider(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  const settings = { ...DEFAULTS, ...options };
  const fal = new FakeFal({ queueMs: settings.imageQueueMs, runMs: settings.imageRunMs });
  const server = http.createServer();
  const port = await listen(server, settings.port);
  const url = `http://127.0.0.1:${port}`;
  const provider = new Provider(url, settings, settings.tokens, fal);
  server.on("request", (req, res) => void provider.answer(req, res));
  return {
    url,
    baseUrl: `${url}/v1`,
    falUrl: `${url}/fal`,
    jwksUrl: `${url}/fal/.well-known/jwks.json`,
    requests: provider.requests,
    imageJobs: () => fal.jobs.accepted,
    signer: fal.signer,
    async close() {
      fal.jobs.close();
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

class Provider {
  readonly requests: FakeRequest[] = [];
  readonly #url: string;
  readonly #pace: Pace;
  readonly #tokens: number;
  readonly #fal: FakeFal;
  /** Hashes of what the faults that happen once have failed already. */
  readonly #failed = new Set<string>();

  constructor(url: string, pace: Pace, tokens: number, fal: FakeFal) {
    this.#url = url;
    this.#pace = pace;
    this.#tokens = tokens;
    this.#fal = fal;
  }

  async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { url, request, exchange } = openExchange(req, res, this.#pace);
    this.requests.push(request);
    if (this.requests.length > MAX_REQUESTS) this.requests.shift();
    try {
      const refusal = refuseHost(req.headers.host);
      if (refusal !== undefined) return sendError(res, 403, "forbidden_host", refusal);
      request.body = await readBody(req);
      exchange.startMs = performance.now();
      await this.#route(url, request, exchange);
    } catch (error) {
      // A client that left, or a connection that we have reset, has nobody to be told.
      if (res.destroyed || exchange.signal.aborted) return;
      if (res.headersSent) res.destroy();
      else sendError(res, 500, "fake_provider_failed", String(error));
    }
  }

  async #route(url: URL, request: FakeRequest, exchange: Exchange): Promise<void> {
    const { path, method, body, headers } = request;
    const { res } = exchange;
    const fault = headers["x-fake-fault"] ?? null;
    if (path === "/" && method === "GET") return sendJson(res, 200, { service: "create-edge-ai fake provider" });
    const falPath = /^\/fal(\/.+)$/.exec(path)?.[1];
    if (falPath !== undefined && method === "GET" && this.#fal.answerOpen(falPath, exchange)) return;
    if (!hasKey(headers["authorization"]))
      return sendError(res, 401, "invalid_api_key", "a key is missing: any will do");
    if (falPath !== undefined) {
      exchange.isFirstTime = this.#firstTimeOf(path, promptOf(body));
      const call = { method, path: falPath, query: url.searchParams, body, fault, url: `${this.#url}/fal` };
      return this.#fal.answer(call, exchange);
    }
    const endpoint = endpoints[`${method} ${path}`];
    if (endpoint === undefined) return sendError(res, 404, "not_found", `there is no ${method} ${path}`);
    const answer = endpoint.answer(body, this.#tokens);
    if (answer === null) return sendError(res, 400, "invalid_request", "the body is not what this route takes");
    exchange.answer = answer;
    exchange.isStream = answer.stream !== null;
    exchange.isFirstTime = this.#firstTimeOf(path, endpoint.textOf(body));
    return play(fault ?? faultOfModel(body), exchange);
  }

  #firstTimeOf(path: string, text: string): () => boolean {
    return () => {
      const hash = createHash("sha256").update(`${path} ${text}`).digest("base64");
      const isFirst = !this.#failed.has(hash);
      this.#failed.add(hash);
      return isFirst;
    };
  }
}

interface Endpoint {
  /** Null when the body cannot be answered. */
  answer(body: unknown, tokens: number): Answer | null;
  /** What a fault that happens once counts by. */
  textOf(body: unknown): string;
}

const endpoints: Readonly<Record<string, Endpoint>> = {
  "POST /v1/chat/completions": { answer: chatAnswer, textOf: lastMessage },
  "POST /v1/embeddings": { answer: embeddingsAnswer, textOf: inputText },
  "GET /v1/models": { answer: modelList, textOf: () => "" },
};

function modelList(): Answer {
  const data = MODELS.map((id) => ({ id, object: "model", created: 0, owned_by: "fake" }));
  return { json: () => ({ object: "list", data }), jsonTokens: 0, stream: null };
}

async function play(fault: string | null, exchange: Exchange): Promise<void> {
  if (fault === null) return sendWell(exchange);
  if (isFaultName(fault)) return faults[fault](exchange);
  const names = Object.keys(faults).join(", ");
  sendError(exchange.res, 400, "unknown_fault", `there is no fault ${fault}; there are ${names}`);
}

function faultOfModel(body: unknown): string | null {
  const model = isRecord(body) ? body["model"] : undefined;
  return typeof model === "string" ? (/^fault:(.*)$/.exec(model)?.[1] ?? null) : null;
}

function hasKey(authorization: string | undefined): boolean {
  return /^(?:Bearer|Key) +\S/i.test(authorization ?? "");
}
