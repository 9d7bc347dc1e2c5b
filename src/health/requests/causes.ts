import type { RefusalCause } from "../identity.ts";

/** What keeps an answer from coming, or from being whole. */
export const unreachableCauses = [
  "dns",
  "refused",
  "tls",
  "reset",
  "dropped",
  "truncated",
  "connect-timeout",
  "first-byte-timeout",
  "idle-timeout",
  "timeout",
  "protocol",
] as const;

/** And what kept the request from being sent. */
const unansweredCauses = [...unreachableCauses, "not-sent", "no-socket"] as const;

/** What only an answer can show: however slow the measuring machine was, the app said this. */
const answeredCauses = [
  "protected",
  "login-page",
  "redirect",
  "unauthorized",
  "forbidden",
  "not-found",
  "too-large",
  "too-many-requests",
  "server-error",
  "status",
  "error-body",
  "empty-completion",
  "wrong-model",
  "content-type",
  "assertion",
] as const;

/** Why one request counts as an error. */
export const errorCauses = [...unansweredCauses, ...answeredCauses] as const;

export type ErrorCause = (typeof errorCauses)[number];

/** Whether the app itself said so. */
export function wasAnswered(cause: ErrorCause): boolean {
  return answeredCauses.some((each) => each === cause);
}

/** Every cause in words: a sentence about what answers at the URL ("it"), and what to do about it. */
export const causes = {
  dns: {
    sentence: "its name does not resolve",
    remedy: "check the spelling of the URL; a new domain needs its DNS record first",
  },
  refused: {
    sentence: "nothing listens there",
    remedy: "check that the app runs and that host and port are right",
  },
  tls: {
    sentence: "its TLS certificate or handshake is not valid",
    remedy: "use a certificate that Node trusts for this name; for an own authority set NODE_EXTRA_CA_CERTS=<file>",
  },
  reset: {
    sentence: "it resets the connection without an answer (RST)",
    remedy: "look into the app's logs for a crash, and check that its proxy speaks HTTP to it",
  },
  dropped: {
    sentence: "it closes the connection without an answer (FIN)",
    remedy: "look into the app's logs for a crash; a server that closes idle connections needs a longer keep-alive",
  },
  truncated: {
    sentence: "its answer breaks off",
    remedy: "look into the app's logs for an error after the head was sent, or a limit on how long a function may run",
  },
  "connect-timeout": {
    sentence: "it takes no connection in time",
    remedy: "check host, port and firewall; under load, allow more connections or instances",
  },
  "first-byte-timeout": {
    sentence: "it does not answer in time: connected, and no head of an answer came",
    remedy: "look where the function waits (its upstream, its cold start), or allow more time with --timeout",
  },
  "idle-timeout": {
    sentence: "it stalls within its answer: no byte for half of the time limit",
    remedy: "look where the function waits while it answers, or allow more time with --timeout",
  },
  timeout: {
    sentence: "it was still sending its answer when the time was over",
    remedy: "ask for less (max_tokens), or allow more time with --timeout",
  },
  protocol: {
    sentence: "what answers does not speak HTTP/1.1",
    remedy: "check scheme and port of the URL",
  },
  "not-sent": {
    sentence: "this machine did not send it: too many requests were waiting for answers",
    remedy: "lower --rate, or shorten --timeout so that fewer wait",
  },
  "no-socket": {
    sentence: "this machine had no file or port left for a connection",
    remedy: "raise the limit on open files: ulimit -n 8192, or lower --rate or --concurrency",
  },
  protected: {
    sentence: "a login stands before it",
    remedy: "send the secret that lets automation through: --header 'x-vercel-protection-bypass: <secret>'",
  },
  redirect: {
    sentence: "it redirects, and redirects are not followed",
    remedy: "check the URL that it redirects to; for a path, mind the slash at its end",
  },
  unauthorized: {
    sentence: "it wants credentials (401)",
    remedy: "send them with --header 'authorization: Bearer <key>'; if the app's own key is missing: edge-ai env check",
  },
  forbidden: {
    sentence: "it refuses these credentials, or this machine (403)",
    remedy: "check what the key may do, and whether a firewall blocks this address; the app's keys: edge-ai env check",
  },
  "not-found": {
    sentence: "it has no such route (404)",
    remedy: "check the probe's path; a function that was not built has no route: edge-ai build",
  },
  "too-large": {
    sentence: "the request is too large for it (413)",
    remedy: "send less in one request, or in batches; Vercel takes at most 4.5 MB",
  },
  "too-many-requests": {
    sentence: "it limits the rate (429)",
    remedy: "lower --rate, or raise the limit of the app or of the model's provider",
  },
  "server-error": {
    sentence: "it failed (5xx)",
    remedy: "look into the app's logs",
  },
  status: {
    sentence: "it answers with another status than expected",
    remedy: "check the probe's method, path and body, or set expect.status of the probe",
  },
  "error-body": {
    sentence: "it says 200 and sends an error",
    remedy:
      "let the function answer with the status of the error; if it is no error, put error into the probe's expect.json",
  },
  "empty-completion": {
    sentence: "the model answers with nothing",
    remedy: "raise max_tokens (a reasoning model can spend them all unseen), and check the prompt and the model",
  },
  "wrong-model": {
    sentence: "another model answers than expected",
    remedy: "check model and fallback of the function, or set expect.model of the probe",
  },
  "content-type": {
    sentence: "it answers with another content type than expected",
    remedy: "check the probe's path, since a page may answer in its place; or set expect.contentType of the probe",
  },
  assertion: {
    sentence: "its answer is not what the probe expects",
    remedy: "compare the answer with expect of the probe",
  },
  "login-page": {
    sentence: "a login page answers in its place, with status 200",
    remedy: "check the URL; for a protected deployment --header 'x-vercel-protection-bypass: <secret>'",
  },
  "wrong-app": {
    sentence: "something else than an edge-ai app answers",
    remedy: "check the URL; a route of another app is checked with --path",
  },
  "wrong-build": {
    sentence: "another build answers",
    remedy: "wait until the deployment is live, or check that this is its URL: edge-ai deployments",
  },
} as const satisfies Record<ErrorCause | RefusalCause, { sentence: string; remedy: string }>;
