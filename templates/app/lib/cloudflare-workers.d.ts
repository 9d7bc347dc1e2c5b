// create-edge-ai 0.1.0
/** What lib/platform.cloudflare.ts needs of Cloudflare's own module. @cloudflare/workers-types has the rest. */
declare module "cloudflare:workers" {
  export const env: { readonly CF_VERSION_METADATA?: { readonly id: string } };
  export function waitUntil(work: Promise<unknown>): void;
}
