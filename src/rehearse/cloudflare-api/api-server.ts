import type { IncomingMessage, ServerResponse } from "node:http";
import { messageOf } from "../../errors.ts";
import { refuseHost } from "../../host/local-host.ts";
import { sendText } from "../../host/platform-errors.ts";
import { ApiError } from "./api-error.ts";
import type { Reply } from "./call.ts";
import type { EndpointName } from "./endpoint-names.ts";
import { findEndpoint, type FoundEndpoint } from "./endpoints.ts";
import { invalidToken, refusalOf, type Fault } from "./faults.ts";
import type { Platform } from "./platform.ts";

const MAX_CALLS = 100_000;

/** A request to the API. Without its query, headers and body: nothing of it is secret. */
export interface ApiCall {
  method: string;
  path: string;
  /** null when the emulator does not know such an endpoint. */
  endpoint: EndpointName | null;
  /** null when there was no answer. */
  status: number | null;
}

/** Answers requests to the API, and keeps what was asked. */
export class ApiServer {
  readonly calls: ApiCall[] = [];
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const refusal = refuseHost(req.headers.host);
    if (refusal !== undefined) return sendText(res, 403, `${refusal}\n`);
    const method = req.method ?? "GET";
    const { pathname, searchParams } = new URL(req.url ?? "/", "http://localhost");
    const found = findEndpoint(method, pathname);
    const call: ApiCall = { method, path: pathname, endpoint: found?.name ?? null, status: null };
    if (this.calls.length < MAX_CALLS) this.calls.push(call);
    const fault = found === undefined ? undefined : this.#platform.faults.takeForRequest(found.name);
    const reply = await this.#reply(req, found, fault, searchParams).catch((error: unknown) => this.#refuse(error));
    // An unread body would keep the connection from its next request.
    req.resume();
    if (fault?.kind === "hang") return;
    if (fault?.kind === "reset") return void req.socket.destroy();
    call.status = reply.status;
    send(res, reply, fault);
  }

  async #reply(
    request: IncomingMessage,
    found: FoundEndpoint | undefined,
    fault: Fault | undefined,
    query: URLSearchParams,
  ): Promise<Reply> {
    if (found === undefined) throw new ApiError(404, 7000, "The emulator knows no such endpoint");
    const refusal = fault === undefined ? undefined : refusalOf(fault.kind);
    const early = fault !== undefined && fault.after !== true;
    if (early && refusal !== undefined) throw refusal;
    if (early && (fault.kind === "hang" || fault.kind === "reset")) return { status: 0, result: null };
    this.#authorise(request, found);
    const reply = await found.handle(this.#platform, { request, query, param: (name) => found.params[name] ?? "" });
    if (refusal !== undefined) throw refusal;
    return reply;
  }

  /** @throws ApiError 403 for a token, or an account, that is not the rehearsal's */
  #authorise({ headers }: IncomingMessage, { name, params }: FoundEndpoint): void {
    const { token, accountId } = this.#platform.settings;
    const account = params["account"];
    if (account !== undefined && account !== accountId) throw invalidToken();
    // Files come with the token of their session.
    if (name !== "uploadAssets" && headers.authorization !== `Bearer ${token}`) throw invalidToken();
  }

  #refuse(error: unknown): Reply | ApiError {
    if (error instanceof ApiError) return error;
    this.#platform.settings.onLog(`error: ${messageOf(error)}`);
    return new ApiError(500, 10013, messageOf(error));
  }
}

function send(res: ServerResponse, reply: Reply | ApiError, fault: Fault | undefined): void {
  const kind = fault?.kind;
  if (typeof kind === "object" && kind.retryAfterSeconds !== undefined) {
    res.setHeader("retry-after", kind.retryAfterSeconds);
  }
  const envelope =
    reply instanceof ApiError
      ? { success: false, errors: [{ code: reply.code, message: reply.message }], messages: [], result: null }
      : { success: true, errors: [], messages: [], result: reply.result, result_info: reply.resultInfo };
  sendText(res, reply.status, JSON.stringify(envelope), "application/json; charset=utf-8");
}
