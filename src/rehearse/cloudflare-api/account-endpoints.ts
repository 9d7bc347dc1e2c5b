import { ok, wholeList, type Handler } from "./call.ts";
import { ACCOUNT_SUBDOMAIN } from "./worker-json.ts";

const ACCOUNT_NAME = "Rehearsal";

export const verifyToken: Handler = () => ok({ id: "rehearsal", status: "active" });

export const getUser: Handler = () => ok({ id: "rehearsal", email: "rehearsal@localhost" });

export const listAccounts: Handler = ({ settings }) =>
  wholeList([{ id: settings.accountId, name: ACCOUNT_NAME, type: "standard" }]);

export const listMemberships: Handler = ({ settings }) =>
  wholeList([{ id: "rehearsal", account: { id: settings.accountId, name: ACCOUNT_NAME }, status: "accepted" }]);

export const accountSubdomain: Handler = () => ok({ subdomain: ACCOUNT_SUBDOMAIN });

/** Durable objects and KV namespaces: what `wrangler delete` looks for. There are none. */
export const listNothing: Handler = () => wholeList([]);
