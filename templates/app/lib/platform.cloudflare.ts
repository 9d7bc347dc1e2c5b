// create-edge-ai 0.1.0
import { env, waitUntil as keepAlive } from "cloudflare:workers";

/**
 * All that differs between platforms, for Cloudflare Workers: the builder takes this file in place of `platform.ts`. A
 * preview of a Worker has production's variables and secrets, so it is held to be production; `wrangler dev` is not, with
 * EDGE_AI_ENV=development in .dev.vars.
 */
export const isProduction: boolean = process.env.EDGE_AI_ENV !== "development";

/** The id of the Worker's version, by the binding that wrangler.jsonc asks for; null where there is none, as in a test. */
export const versionId: string | null = env.CF_VERSION_METADATA?.id || null;

/** https://developers.cloudflare.com/fundamentals/reference/http-headers/ (from memory, 2026-11-23). */
export const clientIpHeader = "cf-connecting-ip";
export const requestIdHeader = "cf-ray";

/**
 * May a request wait for what another one does? Not here: "Cannot perform I/O on behalf of a different request", and one that
 * is over takes with it what others wait for.
 */
export const canShareWork: boolean = false;

/** Lets work go on after the response, for up to 30 s. A failure of it is logged, and never the caller's. */
export function waitUntil(work: Promise<unknown>): void {
  keepAlive(work.catch((error: unknown) => console.error(error)));
}

type Answer = (request: Request) => Promise<Response>;
let answer: Answer = () => Promise.reject(new Error("lib/worker.ts serves nothing yet"));

/** Says who answers `askSelf`: all functions are one Worker here. */
export function serveSelf(by: Answer): void {
  answer = by;
}

/** Asks another function of this deployment. Not by the network: what a Worker sends to its own host never reaches it. */
export function askSelf(url: URL, init: RequestInit): Promise<Response> {
  return answer(new Request(url, init));
}
