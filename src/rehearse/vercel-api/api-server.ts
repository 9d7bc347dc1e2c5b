import type { IncomingMessage, ServerResponse } from "node:http";
import { messageOf } from "../../errors.ts";
import { refuseHost } from "../../host/local-host.ts";
import { sendText } from "../../host/platform-errors.ts";
import { ApiError, notFound } from "./api-error.ts";
import type { Reply } from "./call.ts";
import type { EndpointName } from "./endpoint-names.ts";
import { invalidToken, refusalOf, type Fault } from "./faults.ts";
import { findEndpoint, type FoundEndpoint } from "./find-endpoint.ts";
import type { Platform } from "./platform.ts";
import { findTeam, teams } from "./teams.ts";

const MAX_CALLS = 100_000;

/** A request to the API. Without its query and headers: nothing of it is secret. */
export interface ApiCall {
  method: string;
  path: string;
  teamId: string | null;
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
    const teamId = searchParams.get("teamId") ?? searchParams.get("slug");
    const call: ApiCall = { method, path: pathname, teamId, endpoint: found?.name ?? null, status: null };
    if (this.calls.length < MAX_CALLS) this.calls.push(call);
    const fault = found === undefined ? undefined : this.#platform.faults.takeForRequest(found.name);
    const reply = await this.#reply(req, found, fault, searchParams).catch((error: unknown) => this.#refuse(error));
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
    const { settings } = this.#platform;
    if (found === undefined) throw notFound("The emulator knows no such endpoint");
    const refusal = fault === undefined ? undefined : refusalOf(fault.kind);
    const early = fault !== undefined && fault.after !== true;
    if (early && refusal !== undefined) throw refusal;
    if (early && (fault.kind === "hang" || fault.kind === "reset")) return { status: 0, body: {} };
    if (request.headers.authorization !== `Bearer ${settings.token}`) throw invalidToken();
    const teamId = fault?.kind === "wrong-team" ? teams["other-team"].id : scopeOf(query, this.#platform);
    const param = (name: string): string => found.params[name] ?? "";
    const reply = await found.handle(this.#platform, { request, param, query, teamId });
    if (refusal !== undefined) throw refusal;
    return reply;
  }

  #refuse(error: unknown): Reply {
    if (error instanceof ApiError) return error;
    this.#platform.settings.onLog(`error: ${messageOf(error)}`);
    return new ApiError(500, "internal_server_error", messageOf(error));
  }
}

/** Without a scope a token means its default team. @throws ApiError 403 for a team that it may not see */
function scopeOf(query: URLSearchParams, { settings }: Platform): string {
  const asked = query.get("teamId") ?? query.get("slug");
  if (asked === null) return teams[settings.defaultTeam].id;
  const team = findTeam(asked);
  if (team === undefined) throw new ApiError(403, "forbidden", "Not authorized");
  return team.id;
}

function send(res: ServerResponse, { status, body, text }: Reply, fault: Fault | undefined): void {
  const kind = fault?.kind;
  if (typeof kind === "object" && kind.retryAfterSeconds !== undefined) {
    res.setHeader("retry-after", kind.retryAfterSeconds);
  }
  sendText(res, status, text ?? JSON.stringify(body), "application/json; charset=utf-8");
}
