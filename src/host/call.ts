import type { IncomingMessage, ServerResponse } from "node:http";
import type { RouteHeaders } from "./router.ts";

/** A request that was routed, on its way to what answers it. */
export interface Call {
  req: IncomingMessage;
  res: ServerResponse;
  requestId: string;
  /** Path and query that a function sees: the path the client asked for, the query with that of the route. */
  url: string;
  matchedPath: string;
  /** Status that a route asks for. */
  status: number | undefined;
  headers: RouteHeaders;
}
