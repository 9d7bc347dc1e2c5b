import { isRecord } from "./body.ts";
import { sendError, sendJson, sendWell, type Exchange } from "./exchange.ts";
import { FalJobs, type FalPace, type JobFault } from "./fal-jobs.ts";
import { FalSigner } from "./fal-signer.ts";
import { faults, isFaultName } from "./faults.ts";

/** A call of the queue. */
export interface FalCall {
  method: string;
  /** Below `/fal`. */
  path: string;
  query: URLSearchParams;
  body: unknown;
  /** The fault of the header. */
  fault: string | null;
  /** Of the queue: what the URLs of its jobs begin with. */
  url: string;
}

/** What a queue can do wrong with a job that it has accepted. */
const jobFaults = ["failed", "hang-queue", "hang-job", "poll-error-once"] as const satisfies readonly JobFault[];
const LOCAL_HOSTS: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** fal's queue. A prompt `fault:<name>` does that fault, as a model of that name does in the rest of the provider. */
export class FakeFal {
  readonly signer = new FalSigner();
  readonly jobs: FalJobs;

  constructor(pace: FalPace) {
    this.jobs = new FalJobs(pace, this.signer);
  }

  /** Answers what needs no key: the keys of webhooks, and pictures. False when the path is neither. */
  answerOpen(path: string, { res }: Exchange): boolean {
    if (path === "/.well-known/jwks.json") {
      sendJson(res, 200, this.signer.jwks);
      return true;
    }
    const id = /^\/files\/([\w-]+)-\d\.png$/.exec(path)?.[1];
    if (id === undefined) return false;
    const picture = this.jobs.picture(id);
    if (picture === null) sendError(res, 404, "not_found", "there is no such picture");
    else res.writeHead(200, { "content-type": "image/png" }).end(picture);
    return true;
  }

  /** Answers a call of the queue. */
  async answer(call: FalCall, exchange: Exchange): Promise<void> {
    const [, app, id, verb = ""] = /^\/([^/]+\/[^/]+)\/requests\/([^/]+)(\/status|\/cancel)?$/.exec(call.path) ?? [];
    if (app === undefined || id === undefined) return this.#submit(call, exchange);
    const replies: Record<string, () => { status: number; body: object }> = {
      "GET /status": () => this.jobs.status(app, id, call.url),
      "GET ": () => this.jobs.response(app, id, call.url),
      "PUT /cancel": () => this.jobs.cancel(app, id),
    };
    const reply = replies[`${call.method} ${verb}`]?.();
    if (reply === undefined) return sendError(exchange.res, 405, "method_not_allowed", "the method is not allowed");
    sendJson(exchange.res, reply.status, reply.body);
  }

  async #submit(call: FalCall, exchange: Exchange): Promise<void> {
    const { res } = exchange;
    const webhook = call.query.get("fal_webhook");
    const problem = problemOf(call, webhook);
    if (problem !== null) return sendError(res, 400, "invalid_request", problem);
    const fault = call.fault ?? faultOfPrompt(call.body);
    const jobFault = jobFaults.find((name) => name === fault) ?? null;
    const accept = (): object => this.jobs.submit(call.path.slice(1), call.body, call.url, jobFault, webhook);
    if (fault === "submit-reset-after-accept") {
      accept();
      return exchange.reset();
    }
    if (fault === "foreign-urls") return sendJson(res, 200, atAnotherOrigin(accept()));
    const answer = { json: accept, jsonTokens: 0, stream: null };
    if (fault === null || jobFault !== null) return sendWell({ ...exchange, answer });
    if (isFaultName(fault)) return faults[fault]({ ...exchange, answer });
    sendError(res, 400, "unknown_fault", `there is no fault ${fault}`);
  }
}

/** The prompt: what `error-once` counts by. */
export function promptOf(body: unknown): string {
  return isRecord(body) && typeof body["prompt"] === "string" ? body["prompt"] : "";
}

function faultOfPrompt(body: unknown): string | null {
  return /^fault:(\S+)/.exec(promptOf(body))?.[1] ?? null;
}

function problemOf(call: FalCall, webhook: string | null): string | null {
  if (call.method !== "POST" || call.path.split("/").length < 3) return "submit a job with POST to /<owner>/<app>";
  if (promptOf(call.body) === "") return "the prompt is missing";
  // Made-up answers stay on this machine.
  return webhook === null || isLocal(webhook) ? null : "webhooks go to this machine only";
}

function isLocal(url: string): boolean {
  return URL.canParse(url) && LOCAL_HOSTS.has(new URL(url).hostname);
}

/** What a queue that wants our key sent to somebody else would answer. */
function atAnotherOrigin(body: object): object {
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [key, key.endsWith("_url") ? `http://localhost:9/${key}` : value]),
  );
}
