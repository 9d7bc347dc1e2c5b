// create-edge-ai 0.1.0
import { waitUntil as keepAlive } from "@vercel/functions";

/**
 * All that differs between platforms, and what a function may ask of the one it runs on. This is Vercel's; for Cloudflare
 * Workers the builder takes `platform.cloudflare.ts` in its place, which exports the same.
 */
export const isProduction: boolean = process.env.VERCEL_ENV === "production";

/** What the platform calls this very deployment, when that is known only as it runs; null: the build knows it. */
export const versionId: string | null = null;

/**
 * Where the platform says who the client is: it overwrites what a client sends under this name. Behind another proxy, name
 * the header that one overwrites; any other is whatever the client likes.
 */
export const clientIpHeader = "x-real-ip";

/** The platform's name of a request: the same as in its own logs. */
export const requestIdHeader = "x-vercel-id";

/** May a request wait for what another one does, or use a connection that another one has opened? */
export const canShareWork: boolean = true;

/** Lets work go on after the response. A failure of it is logged, and never the caller's. */
export function waitUntil(work: Promise<unknown>): void {
  keepAlive(work.catch((error: unknown) => console.error(error)));
}

/** Asks another function of this deployment, by its URL. */
export function askSelf(url: URL, init: RequestInit): Promise<Response> {
  return fetch(url, { ...init, redirect: "error" });
}
