// create-edge-ai 0.1.0
import { HttpError } from "./http.ts";

export const CALLER_LEFT = "client_closed_request";

/** For logs: nobody is there to read it, and it says nothing about a target. 499 is nginx's number for it. */
export function callerLeft(): HttpError {
  return new HttpError(499, CALLER_LEFT, "the caller left");
}
