import { OpenFaults } from "../open-faults.ts";
import { ApiError } from "./api-error.ts";
import type { EndpointName } from "./endpoint-names.ts";

/** Codes: those of the API where one is known; the text is ours. */
const statuses = {
  401: { code: 10001, message: "Unable to authenticate request" },
  403: { code: 10000, message: "Authentication error" },
  404: { code: 10007, message: "This Worker does not exist on your account." },
  409: { code: 10041, message: "Another change of this Worker is going on" },
  429: { code: 971, message: "Please wait and consider throttling your request speed" },
  500: { code: 10013, message: "An unknown error has occurred" },
  502: { code: 10013, message: "Bad gateway" },
  503: { code: 10013, message: "Service unavailable" },
} as const satisfies Record<number, { code: number; message: string }>;

export type FaultStatus = keyof typeof statuses;

/** How an upload is refused: HTTP 400 with the code that wrangler knows. */
const refusals = {
  "startup-failed": { code: 10021, message: "Script startup exceeded CPU time limit." },
  "too-big": { code: 10027, message: "Your Worker exceeded the size limit of 64 MiB." },
  "missing-secret": { code: 10057, message: "A required secret is set in no version of this Worker." },
} as const satisfies Record<string, { code: number; message: string }>;

/** How a platform that accepted a request can go wrong about it. */
const behaviours = [
  /** createDeployment: it is answered as if it had happened, and there is no such deployment. */
  "dropped",
  /** createDeployment: it is listed, and the edge goes on as before. */
  "never-effective",
  /** createDeployment: the edge goes on as before for `clock.slowPropagationMs`. */
  "slow-propagation",
  /** createDeployment: while that deployment is there, the edge passes over the override header. */
  "override-ignored",
  /** createDeployment: right after it somebody deploys a version of their own to 100 %. */
  "intruder",
] as const;

export type Behaviour = (typeof behaviours)[number];

/** How a request can fail to be answered as it should. */
const requestFaults = [
  /** 403 code 10000, as for a token that is not (or no longer) valid. */
  "bad-token",
  "hang",
  "reset",
] as const;

type Refusal = keyof typeof refusals;

export type FaultKind =
  | { status: FaultStatus; retryAfterSeconds?: number }
  | (typeof requestFaults)[number]
  | Refusal
  | Behaviour;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of `refusals` are these names
const refusalNames = Object.keys(refusals) as Refusal[];

/** Every fault that has a name; the others are statuses. */
export const faultNames = [...requestFaults, ...refusalNames, ...behaviours] as const;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of `statuses` are these numbers, as strings
export const faultStatuses = Object.keys(statuses).map(Number) as FaultStatus[];

export interface Fault {
  endpoint: EndpointName;
  kind: FaultKind;
  /** Default: every time. After a 429 or 5xx wrangler asks three times for some things (uploads), and once for others (lists). */
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
}

function isBehaviour(kind: FaultKind): boolean {
  return behaviours.some((behaviour) => behaviour === kind);
}

/** The refusal that a fault stands for, if it stands for one. */
export function refusalOf(kind: FaultKind): ApiError | undefined {
  if (kind === "bad-token") return invalidToken();
  if (typeof kind === "object")
    return new ApiError(kind.status, statuses[kind.status].code, statuses[kind.status].message);
  const refusal = refusalNames.find((name) => name === kind);
  return refusal === undefined ? undefined : new ApiError(400, refusals[refusal].code, refusals[refusal].message);
}

export function invalidToken(): ApiError {
  return new ApiError(403, 10000, "Authentication error");
}
