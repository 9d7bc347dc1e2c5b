// Images over sockets: the functions in processes of their own, against a queue like fal's that can fail in every way.
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFakeProvider, type FakeProvider, type FakeRequest } from "../../src/fake-provider/server.ts";
import { isFalUrl } from "../../templates/app/lib/fal-call.ts";
import { openJob, sealJob } from "../../templates/app/lib/image-id.ts";
import { freePort } from "../free-port.ts";
import { imageModels } from "../../templates/app/lib/image-models.ts";
import { orderUsd, parseImageRequest } from "../../templates/app/lib/image-request.ts";
import { ImageApps, type ImageApp } from "./image-app.ts";

const KEYS = { anna: "the-key-of-anna", bert: "the-key-of-bert" };
const SUBMIT_MS = 3_000;

let provider: FakeProvider;
let apps: ImageApps;
let app: ImageApp;
beforeAll(async () => {
  provider = await startFakeProvider({ firstTokenMs: 0, imageQueueMs: 300, imageRunMs: 200 });
  apps = await ImageApps.build();
  app = await apps.serve(env());
});
afterAll(async () => {
  await apps?.close();
  await provider?.close();
});

function env(more: Record<string, string> = {}): Record<string, string> {
  return {
    FAL_BASE_URL: provider.falUrl,
    FAL_JWKS_URL: provider.jwksUrl,
    FAL_KEY: "the-key-of-the-app",
    IMAGE_SUBMIT_MS: String(SUBMIT_MS),
    IMAGE_WAIT_MS: "5000",
    ...more,
  };
}

interface Answer {
  status: number;
  headers: Headers;
  body: any;
}

async function call(method: string, url: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(new URL(url, app.url), { method, headers, body: body && JSON.stringify(body) });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const post = (body: object, headers?: Record<string, string>): Promise<Answer> =>
  call("POST", "/api/image", body, headers);

async function finished({ body }: Answer, headers?: Record<string, string>): Promise<Answer> {
  for (;;) {
    const answer = await call("GET", body.status_url, undefined, headers);
    if (answer.status !== 202) return answer;
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}

/** What the provider was asked to make of a prompt. */
function submits(prompt: string): FakeRequest[] {
  return provider.requests.filter(({ body }) => (body as { prompt?: string } | undefined)?.prompt === prompt);
}

function cancels(requestId: string): number {
  return provider.requests.filter(({ method, path }) => method === "PUT" && path.includes(requestId)).length;
}

const polls = (): FakeRequest[] => provider.requests.filter(({ path }) => path.endsWith("/status"));

describe("an image", () => {
  it("is a job: accepted at once, asked for until it is there", async () => {
    const accepted = await post({ prompt: "a quiet sea", n: 2, size: "512x256", seed: 7 });
    expect(accepted.status).toBe(202);
    const { id, request_id: requestId } = accepted.body;
    expect(accepted.body).toEqual({
      id: expect.stringMatching(/^[\w-]{40,400}$/),
      request_id: expect.any(String),
      status: "queued",
      status_url: `${app.url}/api/image?id=${id}`,
      cancel_url: `${app.url}/api/image?id=${id}`,
    });
    expect(Object.fromEntries(accepted.headers)).toMatchObject({
      location: accepted.body.status_url,
      "cache-control": "no-store",
      "retry-after": "1",
      "x-ai-target": "fal-ai/flux/schnell",
      "x-ai-attempts": "1",
    });
    const first = await call("GET", accepted.body.status_url);
    expect([first.status, first.body.id]).toEqual([202, id]);

    const done = await finished(accepted);
    expect(done.status).toBe(200);
    const image = { url: expect.stringContaining(provider.url) };
    expect(done.body).toEqual({
      id,
      request_id: requestId,
      status: "done",
      created: expect.any(Number),
      data: [image, image],
    });
    const png = await fetch(done.body.data[0].url);
    expect(
      Buffer.from(await png.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe("PNG");

    const [submit] = submits("a quiet sea");
    expect(submit?.path).toBe("/fal/fal-ai/flux/schnell");
    expect(submit?.body).toEqual({
      prompt: "a quiet sea",
      num_images: 2,
      image_size: { width: 512, height: 256 },
      seed: 7,
    });
    expect(submit?.headers).toMatchObject({ authorization: "Key the-key-of-the-app", "x-fal-no-retry": "1" });
  });

  it("can be cancelled", async () => {
    const { body } = await post({ prompt: "fault:hang-queue never mind" });
    expect((await call("GET", body.status_url)).body).toMatchObject({ status: "queued", queue_position: 0 });
    const { status, body: answer } = await call("DELETE", body.cancel_url);
    expect([status, answer]).toEqual([200, { id: body.id, status: "cancelled" }]);
    expect(cancels(body.request_id)).toBe(1);
    expect((await call("GET", body.status_url)).body.error.code).toBe("unknown_image");

    const late = await post({ prompt: "too late" });
    await finished(late);
    const refused = await call("DELETE", late.body.cancel_url);
    expect([refused.status, refused.body.error.code]).toEqual([409, "already_completed"]);
  });

  it("is waited for when the caller wants that, within one budget", async () => {
    const done = await post({ prompt: "a patient caller" }, { prefer: "respond-async, wait=4" });
    expect([done.status, done.headers.get("preference-applied"), done.body.data.length]).toEqual([200, "wait=4", 1]);
    const late = await post({ prompt: "fault:hang-job patience" }, { prefer: "wait=1" });
    expect([late.status, late.body.status]).toEqual([202, "running"]);
    expect((await call("DELETE", late.body.cancel_url)).status).toBe(202);
  });

  it("comes to OpenAI's client as it expects it", async () => {
    const client = new OpenAI({ baseURL: `${app.url}/v1`, apiKey: "any" });
    const { data, created } = await client.images.generate({ prompt: "a lighthouse", model: "fal-ai/flux/schnell" });
    expect(data?.map(({ url }) => url)).toEqual([expect.stringContaining(provider.url)]);
    expect(created).toBeGreaterThan(1.7e9);
  });

  it("is not paid for again by OpenAI's client, which sends a failed request three times", async () => {
    const client = new OpenAI({ baseURL: `${app.url}/v1`, apiKey: "any" });
    const prompt = "fault:submit-reset-after-accept by the client";
    await expect(client.images.generate({ prompt })).rejects.toMatchObject({ status: 502, code: "outcome_unknown" });
    expect(submits(prompt)).toHaveLength(1);
  });

  it("is cancelled when the caller who waits leaves", async () => {
    const prompt = "fault:hang-job and nobody there";
    const leave = new AbortController();
    const waiting = fetch(`${app.url}/api/image`, {
      method: "POST",
      headers: { prefer: "wait=5" },
      body: JSON.stringify({ prompt }),
      signal: leave.signal,
    });
    const before = polls().length;
    await expect.poll(() => polls().length, { timeout: 10_000 }).toBeGreaterThan(before);
    const requestId = polls().at(-1)?.path.split("/").at(-2) ?? "";
    leave.abort();
    await expect(waiting).rejects.toThrow("abort");
    await expect.poll(() => cancels(requestId), { timeout: 10_000 }).toBe(1);
  });
});

const ask = async ({ url }: ImageApp): Promise<unknown> => {
  const response = await fetch(`${url}/api/image`, { method: "POST", body: JSON.stringify({ prompt: "x" }) });
  return [response.status, ((await response.json()) as any).error.code, response.headers.get("x-should-retry")];
};

describe("a queue that fails", () => {
  /** Prompt → what the caller gets, and how often the job was sent. */
  const cases: Record<string, [status: number, code: string | null, sent: number]> = {
    // It may have been accepted, so it is not sent again.
    "submit-reset-after-accept": [502, "outcome_unknown", 1],
    reset: [502, "outcome_unknown", 1],
    "reset-mid": [502, "outcome_unknown", 1],
    hang: [502, "outcome_unknown", 1],
    "hang-after-headers": [502, "outcome_unknown", 1],
    "slow-drip": [502, "outcome_unknown", 1],
    error: [502, "outcome_unknown", 1],
    "bad-gateway-html": [502, "outcome_unknown", 1],
    truncated: [502, "upstream_bad_answer", 1],
    "bad-json": [502, "upstream_bad_answer", 1],
    "error-body": [502, "upstream_bad_answer", 1],
    empty: [502, "upstream_bad_answer", 1],
    // Its URLs would get our key.
    "foreign-urls": [502, "upstream_bad_answer", 1],
    // Not accepted, and it says when to come again.
    "rate-limited-once": [202, null, 2],
    "rate-limited-1s": [429, "upstream_rate_limited", 2],
    "rate-limited-120s": [429, "upstream_rate_limited", 1],
    unavailable: [503, "upstream_unavailable", 1],
    unauthorized: [502, "upstream_auth", 1],
    "not-found": [502, "upstream_not_found", 1],
    "bad-request": [400, "image_refused", 1],
  };

  it("gives the caller the truth, and gets the job once", async () => {
    const got = await Promise.all(
      Object.keys(cases).map(async (name) => {
        const { status, headers, body } = await post({ prompt: `fault:${name} submit` });
        const isUnsure = body.error?.code === "outcome_unknown" || body.error?.code === "upstream_bad_answer";
        expect(headers.get("x-should-retry"), name).toBe(isUnsure ? "false" : null);
        expect(JSON.stringify(body), name).not.toContain(provider.url);
        return [name, [status, body.error?.code ?? null, submits(`fault:${name} submit`).length]];
      }),
    );
    expect(Object.fromEntries(got)).toEqual(cases);
    expect((await post({ prompt: "fault:rate-limited-120s" })).headers.get("retry-after")).toBe("120");
  });

  it("says that a job has failed, to who waits and to who asks", async () => {
    const waited = await post({ prompt: "fault:failed waited" }, { prefer: "wait=5" });
    expect([waited.status, waited.body.error.code]).toEqual([502, "image_failed"]);
    const asked = await finished(await post({ prompt: "fault:failed asked" }));
    expect([asked.status, asked.body.error.code]).toEqual([502, "image_failed"]);
  });

  it("does no harm when it fails to say how a job is", async () => {
    const waited = await post({ prompt: "fault:poll-error-once waited" }, { prefer: "wait=5" });
    expect([waited.status, waited.body.status]).toEqual([200, "done"]);
    const asked = await post({ prompt: "fault:poll-error-once asked" });
    expect((await call("GET", asked.body.status_url)).body.error.code).toBe("upstream_error");
    expect((await finished(asked)).status).toBe(200);
  });

  it("cannot be reached, or has no key", async () => {
    const away = await apps.serve(env({ FAL_BASE_URL: `http://127.0.0.1:${await freePort()}` }));
    const keyless = await apps.serve(env({ FAL_KEY: "" }));
    expect(await ask(away)).toEqual([502, "upstream_unreachable", null]);
    expect(await ask(keyless)).toEqual([503, "not_configured", null]);
  });
});

describe("what may be asked for", () => {
  it.each([
    [{}, "invalid_image_request"],
    [{ prompt: " " }, "invalid_image_request"],
    [{ prompt: "x".repeat(4_001) }, "invalid_image_request"],
    [{ prompt: "x", n: 5 }, "invalid_image_request"],
    [{ prompt: "x", n: 1.5 }, "invalid_image_request"],
    [{ prompt: "x", size: "9999x64" }, "invalid_image_request"],
    [{ prompt: "x", size: "big" }, "invalid_image_request"],
    [{ prompt: "x", seed: -1 }, "invalid_image_request"],
    [{ prompt: "x", response_format: "b64_json" }, "invalid_image_request"],
    [{ prompt: "x", quality: "hd" }, "invalid_image_request"],
    [{ prompt: "x", model: "fal-ai/veo3" }, "model_not_found"],
    [{ prompt: "x", model: "constructor" }, "model_not_found"],
  ])("$1: %#, refused before it costs anything", async (body, code) => {
    const before = provider.imageJobs();
    const answer = await post(body);
    expect([answer.body.error.code, provider.imageJobs() - before]).toEqual([code, 0]);
    expect([400, 404]).toContain(answer.status);
  });

  it("has no other methods", async () => {
    expect((await call("PUT", "/api/image", {})).status).toBe(405);
    expect((await call("GET", "/api/image")).status).toBe(405);
  });
});

const usdOf = (body: object): number | null => orderUsd(parseImageRequest({ prompt: "x", ...body }));

describe("what it costs", () => {
  it.each([
    [{}, 0.003],
    [{ n: 4 }, 0.012],
    [{ size: "1024x1024" }, 0.003],
    [{ size: "64x64", model: "flux.1-schnell" }, 0.003],
    [{ size: "1025x1024" }, 0.006],
    [{ size: "2048x2048", n: 2 }, 0.024],
  ])("%j: %d USD, by the megapixel that has begun", (body, usd) => {
    expect(usdOf(body)).toBeCloseTo(usd, 9);
  });

  it("is by the image where the model is sold so, and not known without a price", () => {
    const input = { prompt: "x", num_images: 3, image_size: { width: 2_048, height: 2_048 } };
    const model = { falId: "x", maxImages: 4 };
    expect(orderUsd({ name: "x", model: { ...model, price: { usd: 0.04, per: "image" } }, input })).toBeCloseTo(
      0.12,
      9,
    );
    expect(orderUsd({ name: "x", model, input })).toBeNull();
    expect(Object.values(imageModels).every(({ price }) => price !== undefined)).toBe(true);
  });

  it("is in the log of the request that ordered it: nothing for a job that is known to have failed, or was refused; not known when nobody knows whether there is one", async () => {
    const own = await apps.serve(env());
    const order = (prompt: string, headers = {}): Promise<Answer> =>
      call("POST", `${own.url}/api/image`, { prompt, n: 2, size: "1024x2048" }, headers);
    expect((await order("costs")).status).toBe(202);
    expect((await order("fault:failed costs", { prefer: "wait=5" })).status).toBe(502);
    expect((await order("fault:bad-request costs")).status).toBe(400);
    expect((await order("fault:submit-reset-after-accept costs")).body.error.code).toBe("outcome_unknown");
    const lines = (): any[] =>
      own.logs.filter((line) => line.includes('"usage"')).map((line) => JSON.parse(line.slice(line.indexOf("{"))));
    await expect.poll(lines, { timeout: 10_000 }).toHaveLength(4);
    expect(lines().map(({ status, images, costUsd }) => [status, images, costUsd])).toEqual([
      [202, 2, 0.012],
      [502, 2, 0],
      [400, null, null],
      [502, 2, null],
    ]);
    const report = await call("GET", `${own.url}/api/image?deep=1`);
    expect(report.body.usage).toMatchObject({ requests: 4, images: 6, costUsd: 0.012, unpriced: 1 });
  });
});

describe("an id", () => {
  const job = {
    requestId: "r",
    responseUrl: "https://queue.fal.run/fal-ai/flux/requests/r",
    statusUrl: "https://queue.fal.run/fal-ai/flux/requests/r/status",
    cancelUrl: "https://queue.fal.run/elsewhere",
  };

  it("opens for its caller and its key, and tells nobody where the job is", async () => {
    const id = await sealJob(job, "anna", "secret");
    expect(await openJob(id, "anna", "secret")).toEqual(job);
    expect(await openJob(id, "bert", "secret")).toBeNull();
    expect(await openJob(id, "anna", "other")).toBeNull();
    expect(Buffer.from(id, "base64url").toString("latin1")).not.toContain("fal");
  });

  it("is worth nothing when a bit of it is another", async () => {
    const bytes = Buffer.from(await sealJob(job, "anna", "secret"), "base64url");
    for (const at of [0, 12, bytes.length - 1]) {
      const forged = Buffer.from(bytes);
      forged[at] = (forged[at] ?? 0) ^ 1;
      expect(await openJob(forged.toString("base64url"), "anna", "secret")).toBeNull();
    }
    for (const id of ["", "x", "💥", bytes.toString("base64url").slice(0, 20)])
      expect(await openJob(id, "anna", "secret")).toBeNull();
  });

  it("of somebody else is refused, and leads to no request", async () => {
    const closed = await apps.serve(env({ APP_API_KEYS: Object.values(KEYS).join(",") }));
    const [anna, bert] = Object.values(KEYS).map((key) => ({ authorization: `Bearer ${key}` }));
    const mine = await call("POST", `${closed.url}/api/image`, { prompt: "mine" }, anna);
    expect(mine.status).toBe(202);
    const before = provider.requests.length;
    for (const method of ["GET", "DELETE"]) {
      const theirs = await call(method, mine.body.status_url, undefined, bert);
      expect([theirs.status, theirs.body.error.code]).toEqual([404, "unknown_image"]);
      expect((await call(method, mine.body.status_url)).status).toBe(401);
      expect((await call(method, `${closed.url}/api/image?id=forged`, undefined, anna)).status).toBe(404);
    }
    expect(provider.requests.length).toBe(before);
    expect((await finished(mine, anna)).status).toBe(200);
  });

  it("can only lead to fal", () => {
    expect(isFalUrl("https://queue.fal.run/fal-ai/flux/requests/1")).toBe(true);
    for (const url of [
      "http://queue.fal.run/a",
      "https://queue.fal.run.example.com/a",
      "https://user@queue.fal.run/a",
      "https://queue.fal.run@example.com/a",
      "https://queue.fal.run:8443/a",
      "//queue.fal.run/a",
      "nonsense",
    ]) {
      expect(isFalUrl(url), url).toBe(false);
    }
  });
});

function bodyOf(requestId: string): string {
  const images = [{ url: "https://example.com/1.png", content_type: "image/png" }];
  return JSON.stringify({ request_id: requestId, status: "OK", payload: { images } });
}

const minutes = (count: number): number => Date.now() + count * 60_000;
const keysRead = (): number => provider.requests.filter(({ path }) => path.endsWith("/jwks.json")).length;

describe("a webhook", () => {
  let hooked: ImageApp;
  beforeAll(async () => {
    const port = await freePort();
    hooked = await apps.serve(env({ FAL_WEBHOOK_URL: `http://127.0.0.1:${port}/api/image-webhook` }), port);
  });

  const handled = (requestId: string): string[] => hooked.logs.filter((line) => line.includes(`onImage ${requestId} `));

  async function deliver(
    requestId: string,
    change: { body?: string; atMs?: number; headers?: Record<string, string> } = {},
  ): Promise<number> {
    const headers = provider.signer.headers(requestId, bodyOf(requestId), change.atMs ?? Date.now());
    const response = await fetch(`${hooked.url}/api/image-webhook`, {
      method: "POST",
      headers: { ...headers, ...change.headers },
      body: change.body ?? bodyOf(requestId),
    });
    return response.status;
  }

  it("tells of a job that is done, by the name that the caller has", async () => {
    const { body } = await call("POST", `${hooked.url}/api/image`, { prompt: "told", n: 2 });
    await expect.poll(() => handled(body.request_id), { timeout: 10_000 }).toHaveLength(1);
    expect(handled(body.request_id)[0]).toContain("2 null");
    const failed = await call("POST", `${hooked.url}/api/image`, { prompt: "fault:failed told" });
    await expect.poll(() => handled(failed.body.request_id), { timeout: 10_000 }).toHaveLength(1);
    expect(handled(failed.body.request_id)[0]).toContain("0 The model failed");
  });

  it("that comes twice is handled once, also at the same time", async () => {
    expect(await Promise.all([deliver("twice"), deliver("twice")])).toEqual([200, 200]);
    expect(await deliver("twice")).toBe(200);
    expect(handled("twice")).toHaveLength(1);
  });

  it("whose handling failed is handled again", async () => {
    expect([await deliver("fail-1"), await deliver("fail-1"), await deliver("fail-1")]).toEqual([500, 200, 200]);
    expect(handled("fail-1")).toHaveLength(2);
  });

  it("that is forged or old is refused, and not handled", async () => {
    expect(await deliver("old", { atMs: minutes(-6) })).toBe(401);
    expect(await deliver("old", { atMs: minutes(6) })).toBe(401);
    expect(await deliver("old", { headers: { "x-fal-webhook-timestamp": "nonsense" } })).toBe(401);
    expect(await deliver("forged", { body: `${bodyOf("forged")} ` })).toBe(401);
    expect(await deliver("forged", { headers: { "x-fal-webhook-request-id": "another" } })).toBe(401);
    expect(await deliver("forged", { headers: { "x-fal-webhook-user-id": "another" } })).toBe(401);
    expect(await deliver("forged", { headers: { "x-fal-webhook-signature": "00".repeat(64) } })).toBe(401);
    expect(await deliver("forged", { headers: { "x-fal-webhook-signature": "no hex" } })).toBe(401);
    expect(await deliver("forged", { headers: { "x-fal-webhook-signature": "" } })).toBe(401);
    expect([...handled("old"), ...handled("forged"), ...handled("another")]).toEqual([]);
    expect(await deliver("young", { atMs: minutes(-4) })).toBe(200);
  });

  it("of a forger does not make it ask for fal's keys each time", async () => {
    const before = keysRead();
    for (let n = 0; n < 5; n++) await deliver("forged", { headers: { "x-fal-webhook-signature": "00".repeat(64) } });
    expect(keysRead() - before).toBeLessThanOrEqual(1);
  });

  it("is told to come again while fal's keys cannot be had", async () => {
    const keyless = await apps.serve(env({ FAL_JWKS_URL: `http://127.0.0.1:${await freePort()}/` }));
    const response = await fetch(`${keyless.url}/api/image-webhook`, {
      method: "POST",
      headers: provider.signer.headers("r", bodyOf("r"), Date.now()),
      body: bodyOf("r"),
    });
    expect(response.status).toBe(503);
  });
});

describe("the image function", () => {
  it("is warmed up by a connection to the queue, and not by a job", async () => {
    const before = provider.imageJobs();
    const warm = await call("GET", "/api/image?warm=1");
    expect([warm.status, warm.body.targets]).toEqual([
      200,
      [expect.objectContaining({ name: "fal", isReached: true })],
    ]);
    const away = await apps.serve(env({ FAL_BASE_URL: `http://127.0.0.1:${await freePort()}` }));
    expect((await call("GET", `${away.url}/api/image?warm=1`)).status).toBe(502);
    expect(provider.imageJobs()).toBe(before);
  });

  it("has logged nothing of all this but figures: no prompt, no key, no address", () => {
    expect(app.logs.filter((line) => !line.includes('{"type":"usage","route":"/'))).toEqual([]);
    const text = app.logs.join("\n");
    for (const secret of ["sea", "fault:", "the-key", "127.0.0.1"]) expect(text).not.toContain(secret);
  });
});
