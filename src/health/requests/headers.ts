/** Headers of a response, lower case, as undici gives them. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A header's value; of several the first. */
export function text(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? "";
}

/**
 * Each cache's own word: Vercel's edge (HIT, STALE, PRERENDER, REVALIDATED), Next.js, Cloudflare, CloudFront and Fastly ("Hit
 * from cloudfront", "MISS, HIT"), Netlify and whoever keeps RFC 9211 (`cache-status: "name"; hit`).
 */
const cacheHeaders: readonly (readonly [name: string, hit: RegExp])[] = [
  ["x-vercel-cache", /^(HIT|STALE|PRERENDER|REVALIDATED)\b/i],
  ["x-nextjs-cache", /^(HIT|STALE)\b/i],
  ["cf-cache-status", /^(HIT|STALE|UPDATING|REVALIDATED)\b/i],
  ["x-cache", /\bhit\b/i],
  ["cache-status", /;\s*hit\b/i],
];

/** Did a cache on the way answer? An `age` above 0 means so too (RFC 9111 §5.1). */
export function isCached(headers: ResponseHeaders): boolean {
  if (ageSeconds(headers) > 0) return true;
  return cacheHeaders.some(([name, hit]) => hit.test(text(headers[name])));
}

/** How long a cache has had the answer; 0 when it does not say so. */
export function ageSeconds(headers: ResponseHeaders): number {
  const age = Number(text(headers["age"]));
  return Number.isFinite(age) && age > 0 ? age : 0;
}

/** Names of one request in somebody's logs, the app's platform first: Vercel, Cloudflare, AWS, then what apps and providers send. */
const requestIdHeaders = [
  "x-vercel-id",
  "cf-ray",
  "x-amzn-requestid",
  "x-amz-cf-id",
  "x-request-id",
  "request-id",
  "apim-request-id",
  "x-correlation-id",
  "x-trace-id",
] as const;

/** What to search the logs for; null when the answer has no such header. At most 200 characters. */
export function requestIdOf(headers: ResponseHeaders): string | null {
  for (const name of requestIdHeaders) {
    const id = text(headers[name]);
    if (id !== "") return id.slice(0, 200);
  }
  return null;
}
