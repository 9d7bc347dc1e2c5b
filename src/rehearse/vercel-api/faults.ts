import { OpenFaults } from "../open-faults.ts";
import { ApiError } from "./api-error.ts";
import type { EndpointName } from "./endpoint-names.ts";

const statuses = {
  401: { code: "unauthorized", message: "Not authenticated" },
  /** metricSchema, metrics: a plan without Observability Plus. */
  402: { code: "payment_required", message: "This feature requires an Observability Plus subscription." },
  403: { code: "forbidden", message: "Not authorized" },
  404: { code: "not_found", message: "Not found" },
  409: { code: "conflict", message: "Conflict" },
  429: { code: "rate_limited", message: "Too many requests" },
  500: { code: "internal_server_error", message: "An unexpected internal error occurred" },
  502: { code: "bad_gateway", message: "Bad gateway" },
  503: { code: "service_unavailable", message: "Service unavailable" },
} as const satisfies Record<number, { code: string; message: string }>;

export type FaultStatus = keyof typeof statuses;

/** How a platform that accepted a request can go wrong about it. */
const behaviours = [
  /** createDeployment: the build ends in ERROR. */
  "build-error",
  /** promote, rollback: the job says it succeeded, and the domain stays. createDeployment: the CLI waits for ever. */
  "alias-never-assigned",
  /** promote, rollback: it takes `clock.slowAliasMs`. */
  "slow-promote",
  /** promote, rollback: 202, and nothing happens. */
  "queued",
  /** promote, rollback: the job says so, and nothing happens. */
  "skipped",
  "failed",
  /** promote: a tenth of the traffic is meant to move, and production stays the old deployment. */
  "rolling-release",
] as const;

export type Behaviour = (typeof behaviours)[number];

/** How a request can fail to be answered as it should. */
const requestFaults = [
  /** 403 as for a token that is not (or no longer) valid. */
  "bad-token",
  "hang",
  "reset",
  /** The request is taken for one about the other team. */
  "wrong-team",
] as const;

export type FaultKind =
  | { status: FaultStatus; retryAfterSeconds?: number }
  | (typeof requestFaults)[number]
  | Behaviour;

/** Every fault that has a name; the others are statuses. */
export const faultNames = [...requestFaults, ...behaviours] as const;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of `statuses` are these numbers, as strings
export const faultStatuses = Object.keys(statuses).map(Number) as FaultStatus[];

export interface Fault {
  endpoint: EndpointName;
  kind: FaultKind;
  /** Default: every time. */
  times?: number;
  /** The request has its effect, and only its answer is lost. */
  after?: boolean;
}

/** The faults that are injected and not used up. */
export class Faults extends OpenFaults<Fault> {
  /** The fault of one request to an endpoint; it is used up by that. */
  takeForRequest(endpoint: EndpointName): Fault | undefined {
    return this.take((fault) => fault.endpoint === endpoint && !isBehaviour(fault.kind));
  }

  /** True when the endpoint is to behave that way, this time. */
  takeBehaviour(endpoint: EndpointName, kind: Behaviour): boolean {
    return this.take((fault) => fault.endpoint === endpoint && fault.kind === kind) !== undefined;
  }

  /** True while the endpoint would behave that way. */
  willBehave(endpoint: EndpointName, kind: Behaviour): boolean {
    return this.has((fault) => fault.endpoint === endpoint && fault.kind === kind);
  }
}

function isBehaviour(kind: FaultKind): boolean {
  return behaviours.some((behaviour) => behaviour === kind);
}

/** The refusal that a fault stands for, if it stands for one. */
export function refusalOf(kind: FaultKind): ApiError | undefined {
  if (kind === "bad-token") return invalidToken();
  if (typeof kind === "string") return undefined;
  const { code, message } = statuses[kind.status];
  return new ApiError(kind.status, code, message);
}

export function invalidToken(): ApiError {
  return new ApiError(403, "forbidden", "Not authorized", { invalidToken: true });
}
