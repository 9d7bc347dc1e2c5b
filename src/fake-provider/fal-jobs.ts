import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isRecord } from "./body.ts";
import type { FalSigner } from "./fal-signer.ts";
import { plainPng } from "./png.ts";

/** Milliseconds. */
export interface FalPace {
  queueMs: number;
  runMs: number;
}

/** What may go wrong with a job after it was accepted. */
export type JobFault = "failed" | "hang-queue" | "hang-job" | "poll-error-once";

type Status = "IN_QUEUE" | "IN_PROGRESS" | "COMPLETED";

interface Job {
  id: string;
  /** Owner and app: what the other URLs of a job are made of. Not the whole model id, as at fal. */
  app: string;
  submittedMs: number;
  images: number;
  size: { width: number; height: number };
  colour: readonly number[];
  fault: JobFault | null;
  isCancelled: boolean;
}

/** An answer of the queue. */
interface Reply {
  status: number;
  body: object;
}

const MAX_IMAGES = 8;
/** A provider that is left running must not fill the memory. */
const MAX_JOBS = 10_000;
/** The picture is plain; what it is called is as large as was asked for. */
const PNG_SIDE = 8;
const DELIVERIES = 3;
const BETWEEN_DELIVERIES_MS = 200;
const NOT_FOUND: Reply = { status: 404, body: { detail: "Request not found" } };

/**
 * Jobs as fal's queue has them. Status codes and words: https://fal.ai/docs/api-reference/inference-api (2026-11-23).
 * Two things that its documentation does not say are a guess here: a job cancelled in the queue is gone (404), and one
 * cancelled while it runs completes with an error.
 */
export class FalJobs {
  readonly #pace: FalPace;
  readonly #signer: FalSigner;
  readonly #jobs = new Map<string, Job>();
  readonly #closing = new AbortController();
  /** How many were accepted. */
  accepted = 0;

  constructor(pace: FalPace, signer: FalSigner) {
    this.#pace = pace;
    this.#signer = signer;
  }

  /** Accepts a job. @param url of the queue, for the job's own URLs */
  submit(model: string, input: unknown, url: string, fault: JobFault | null, webhook: string | null): object {
    const { prompt, num_images: images, image_size: size } = isRecord(input) ? input : {};
    const job: Job = {
      id: randomUUID(),
      app: model.split("/").slice(0, 2).join("/"),
      submittedMs: performance.now(),
      images: Math.min(MAX_IMAGES, Math.max(1, Number(images ?? 1))),
      size: sizeOf(size),
      colour: [...createHash("sha256").update(String(prompt)).digest().subarray(0, 3)],
      fault,
      isCancelled: false,
    };
    this.#jobs.set(job.id, job);
    this.accepted += 1;
    const [oldest] = this.#jobs.keys();
    if (this.#jobs.size > MAX_JOBS && oldest !== undefined) this.#jobs.delete(oldest);
    if (webhook !== null) void this.#deliver(job, url, webhook).catch(() => {});
    const own = `${url}/${job.app}/requests/${job.id}`;
    return {
      status: "IN_QUEUE",
      request_id: job.id,
      response_url: own,
      status_url: `${own}/status`,
      cancel_url: `${own}/cancel`,
      queue_position: 0,
    };
  }

  status(app: string, id: string, url: string): Reply {
    const job = this.#find(app, id);
    if (job === undefined) return NOT_FOUND;
    if (job.fault === "poll-error-once") {
      job.fault = null;
      return { status: 500, body: { detail: "the fake provider was asked to answer 500" } };
    }
    const status = this.#statusOf(job);
    const body = { status, request_id: id, response_url: `${url}/${job.app}/requests/${id}` };
    if (status === "IN_QUEUE") return { status: 202, body: { ...body, queue_position: 0 } };
    if (status === "IN_PROGRESS") return { status: 202, body: { ...body, logs: null } };
    const error = errorOf(job);
    return { status: 200, body: { ...body, ...(error ?? { metrics: { inference_time: this.#pace.runMs / 1_000 } }) } };
  }

  response(app: string, id: string, url: string): Reply {
    const job = this.#find(app, id);
    if (job === undefined) return NOT_FOUND;
    if (this.#statusOf(job) !== "COMPLETED") return { status: 400, body: { detail: "Request is still in progress" } };
    const error = errorOf(job);
    return error === null ? { status: 200, body: resultOf(job, url) } : { status: 500, body: { detail: error.error } };
  }

  cancel(app: string, id: string): Reply {
    const job = this.#find(app, id);
    if (job === undefined) return { status: 404, body: { status: "NOT_FOUND" } };
    const status = this.#statusOf(job);
    if (status === "COMPLETED") return { status: 400, body: { status: "ALREADY_COMPLETED" } };
    job.isCancelled = true;
    if (status === "IN_PROGRESS") return { status: 202, body: { status: "CANCELLATION_REQUESTED" } };
    this.#jobs.delete(id);
    return { status: 200, body: { status: "OK" } };
  }

  /** The picture of a job; null when there is none. */
  picture(id: string): Buffer | null {
    const job = this.#jobs.get(id);
    return job === undefined ? null : plainPng(PNG_SIDE, PNG_SIDE, job.colour);
  }

  /** Ends the deliveries that are on their way. */
  close(): void {
    this.#closing.abort();
  }

  #find(app: string, id: string): Job | undefined {
    const job = this.#jobs.get(id);
    return job?.app === app ? job : undefined;
  }

  #statusOf(job: Job): Status {
    if (job.isCancelled) return "COMPLETED";
    const ageMs = performance.now() - job.submittedMs;
    if (ageMs < this.#pace.queueMs || job.fault === "hang-queue") return "IN_QUEUE";
    return ageMs < this.#pace.queueMs + this.#pace.runMs || job.fault === "hang-job" ? "IN_PROGRESS" : "COMPLETED";
  }

  /** Sends the result to the webhook: again when it is not taken, as fal does (ten times in two hours, there). */
  async #deliver(job: Job, url: string, webhook: string): Promise<void> {
    const { signal } = this.#closing;
    await sleep(this.#pace.queueMs + this.#pace.runMs, undefined, { signal, ref: false });
    if (job.fault === "hang-queue" || job.fault === "hang-job" || job.isCancelled) return;
    const error = errorOf(job);
    const body = JSON.stringify({
      request_id: job.id,
      gateway_request_id: job.id,
      ...(error === null
        ? { status: "OK", payload: resultOf(job, url) }
        : { status: "ERROR", error: error.error, payload: { detail: error.error } }),
    });
    for (let delivery = 0; delivery < DELIVERIES; delivery++) {
      const headers = this.#signer.headers(job.id, body, Date.now());
      const isTaken = await fetch(webhook, { method: "POST", headers, body, redirect: "manual", signal }).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isTaken) return;
      await sleep(BETWEEN_DELIVERIES_MS, undefined, { signal, ref: false });
    }
  }
}

function errorOf(job: Job): { error: string; error_type: string } | null {
  if (job.isCancelled) return { error: "Request was cancelled", error_type: "request_cancelled" };
  return job.fault === "failed" ? { error: "The model failed", error_type: "internal_error" } : null;
}

function resultOf({ id, images, size }: Job, url: string): object {
  const image = (index: number): object => ({
    url: `${url}/files/${id}-${index}.png`,
    content_type: "image/png",
    ...size,
  });
  return {
    images: Array.from({ length: images }, (_, index) => image(index)),
    seed: 1,
    has_nsfw_concepts: Array.from({ length: images }, () => false),
  };
}

function sizeOf(size: unknown): { width: number; height: number } {
  const { width, height } = isRecord(size) ? size : {};
  return { width: Number(width ?? 1_024), height: Number(height ?? 768) };
}
