import { imagesOf, type FalImage } from "../lib/fal-image.ts";
import { verifyWebhook } from "../lib/fal-webhook.ts";
import { HttpError, isRecord, readBytes, route } from "../lib/http.ts";
import { onImage } from "../lib/on-image.ts";
import { canShareWork } from "../lib/platform.ts";

/** A result is names and URLs. */
const MAX_BYTES = 1_000_000;
/** fal comes again for two hours, so the last ones are enough. */
const MAX_REMEMBERED = 10_000;

/** The results that are handled, or being handled, by request id. */
const handled = new Map<string, Promise<void>>();

/**
 * fal calls this when a job is over: set FAL_WEBHOOK_URL to its public URL. `onImage` in lib/on-image.ts gets the result,
 * once: fal sends it again when it got no answer.
 */
export default route(["POST"], async (request) => {
  const tooLarge = (): HttpError => new HttpError(413, "body_too_large", `the body has more than ${MAX_BYTES} bytes`);
  const bytes = await readBytes(request.body, MAX_BYTES, tooLarge);
  const requestId = await verifyWebhook(request.headers, bytes, Date.now());
  let work = handled.get(requestId);
  if (work === undefined) {
    work = onImage({ requestId, ...resultOf(bytes) });
    if (canShareWork) remember(requestId, work);
    else remember(requestId, Promise.resolve(await work));
  }
  await work;
  return Response.json({ ok: true }, { headers: { "cache-control": "no-store" } });
});

function remember(requestId: string, work: Promise<void>): void {
  handled.set(requestId, work);
  // What has failed is tried again when fal comes again.
  work.catch(() => handled.delete(requestId));
  const [oldest] = handled.keys();
  if (handled.size > MAX_REMEMBERED && oldest !== undefined) handled.delete(oldest);
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  const body: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (!isRecord(body)) throw new HttpError(400, "invalid_body", "the body has to be a JSON object");
  return body;
}

function resultOf(bytes: Uint8Array): { images: readonly FalImage[]; error: string | null } {
  const body = parse(bytes);
  const images = body["status"] === "OK" && isRecord(body["payload"]) ? imagesOf(body["payload"]) : [];
  if (images.length > 0) return { images, error: null };
  return { images, error: typeof body["error"] === "string" ? body["error"] : "the job gave no image" };
}
