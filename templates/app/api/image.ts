import { Call, type Handle } from "../lib/call.ts";
import { cancelJob, readJob, submitJob, waitForJob, type ImageState } from "../lib/fal.ts";
import { falKey } from "../lib/fal-call.ts";
import { reachFal } from "../lib/fal-reach.ts";
import { HttpError, route } from "../lib/http.ts";
import { openJob, sealJob, type ImageJob } from "../lib/image-id.ts";
import { imageLimits } from "../lib/image-limits.ts";
import { orderUsd, parseImageRequest } from "../lib/image-request.ts";
import { modelRoute } from "../lib/model-route.ts";
import { options } from "../lib/options.ts";
import { waitUntil } from "../lib/platform.ts";
import { callerLeft } from "../lib/caller-left.ts";

/**
 * `POST { prompt, model?, n?, size? }` → `202 { id, status_url, cancel_url }`: an image takes longer than a request should.
 * With `prefer: wait=20`, or as OpenAI's `/v1/images/generations`, it waits for the image, and answers 202 when it is late.
 */
const create = modelRoute(async (call) => {
  const order = parseImageRequest(call.body);
  const { name, model, input } = order;
  const waitMs = waitWanted(call.request);
  call.facts.target = name;
  const { job, attempts } = await submitJob(model.falId, input, {
    untilMs: call.arrivedMs + imageLimits.submitMs,
    signal: call.signal,
    webhookUrl: process.env.FAL_WEBHOOK_URL || undefined,
  }).catch((error: unknown) => {
    // It may have been ordered: then it is among what nobody knows the cost of.
    if (error instanceof HttpError && error.code === "outcome_unknown") call.facts.images = input.num_images;
    throw error;
  });
  // As if all went well: most callers do not wait, and how a job ends is not part of their request.
  Object.assign(call.facts, { attempts, images: input.num_images, imagesUsd: orderUsd(order) });
  const state = await stopIfCallerLeaves(call, job, () => waitForJob(job, call.arrivedMs + waitMs, call.signal));
  if (state?.kind === "failed") call.facts.imagesUsd = 0;
  if (state?.kind === "done") call.facts.firstContentMs = performance.now() - call.arrivedMs;
  const response = answer(call, await sealJob(job, call.caller, falKey), job, state);
  response.headers.set("x-ai-target", name);
  response.headers.set("x-ai-attempts", String(attempts));
  if (waitMs > 0) response.headers.set("preference-applied", `wait=${Math.round(waitMs / 1_000)}`);
  return response;
}, reachFal);

/** `GET ?id=` tells how the job is, and its images when it is done; `DELETE ?id=` stops it. Both only to who asked for it. */
export default route(["POST"], create.fetch, {
  GET: (request) => (hasId(request) ? asCaller(request, show) : create.fetch(request)),
  DELETE: (request) => asCaller(request, cancel),
});

async function show(call: Call): Promise<Response> {
  const job = await jobOf(call);
  return answer(call, idOf(call.request) ?? "", job, await readJob(job, call.signal));
}

async function cancel(call: Call): Promise<Response> {
  const job = await jobOf(call);
  const outcome = await cancelJob(job);
  if (outcome === "already_completed") throw new HttpError(409, outcome, "the job is done already");
  return json(outcome === "cancelled" ? 200 : 202, { id: idOf(call.request), status: outcome });
}

/** @throws HttpError when the job has failed */
function answer(call: Call, id: string, job: ImageJob, state: ImageState | null): Response {
  if (state?.kind === "failed") throw state.error;
  // The webhook knows a job by this name.
  const names = { id, request_id: job.requestId };
  if (state?.kind === "done") {
    // OpenAI's shape, and no more.
    return json(200, {
      ...names,
      status: "done",
      created: Math.floor(Date.now() / 1_000),
      data: state.images.map(({ url }) => ({ url })),
    });
  }
  const url = new URL(`/api/image?id=${id}`, call.request.url).href;
  const position = state?.kind === "queued" && state.position !== null ? { queue_position: state.position } : {};
  const body = { ...names, status: state?.kind ?? "queued", ...position, status_url: url, cancel_url: url };
  return json(202, body, { location: url, "retry-after": "1" });
}

/** Runs `wait`; when the caller has left by its end, the job is stopped: nobody would see the image. */
async function stopIfCallerLeaves<T>(call: Call, job: ImageJob, wait: () => Promise<T>): Promise<T> {
  try {
    call.signal.throwIfAborted();
    return await wait();
  } catch (error) {
    if (!call.signal.aborted) throw error;
    waitUntil(cancelJob(job));
    throw callerLeft();
  }
}

/** How long the caller would wait, in milliseconds: 0 when it did not say. */
function waitWanted(request: Request): number {
  const wished = /(?:^|[\s,;])wait=(\d+)/i.exec(request.headers.get("prefer") ?? "")?.[1];
  // OpenAI's clients know no other way.
  if (wished === undefined) return new URL(request.url).pathname.startsWith("/v1/") ? imageLimits.waitMs : 0;
  return Math.min(Number(wished) * 1_000, imageLimits.waitMs);
}

/** What does not go to a model passes none of the options but the one that knows who asks. */
async function asCaller(request: Request, handle: Handle): Promise<Response> {
  const call = new Call(request, {});
  const auth = options.filter(({ name }) => name === "auth");
  const chain = auth.reduceRight<Handle>((next, option) => (each) => option.run(each, next), handle);
  return chain(call).finally(() => call.end());
}

async function jobOf(call: Call): Promise<ImageJob> {
  const job = await openJob(idOf(call.request) ?? "", call.caller, falKey);
  // The same for an id that is broken and for one of somebody else: what others have is nobody's business.
  if (job === null) throw new HttpError(404, "unknown_image", "there is no such image");
  return job;
}

function hasId(request: Request): boolean {
  return idOf(request) !== null;
}

function idOf(request: Request): string | null {
  return new URL(request.url).searchParams.get("id");
}

function json(status: number, body: object, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers: { "cache-control": "no-store", ...headers } });
}
