// create-edge-ai 0.1.0
import { waitUntil as keepAlive } from "@vercel/functions";

/** All that differs between platforms, and what a function may ask of the one it runs on. */
export const isProduction: boolean = process.env.VERCEL_ENV === "production";

/** Lets work go on after the response. A failure of it is logged, and never the caller's. */
export function waitUntil(work: Promise<unknown>): void {
  keepAlive(work.catch((error: unknown) => console.error(error)));
}
