import { createHash, createPublicKey, verify } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { inflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startFakeProvider, type FakeProvider } from "../../../src/fake-provider/server.ts";
import { observe } from "./observe.ts";

const MODEL = "fal-ai/flux/schnell";
const authorization = "Key any";

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider({ firstTokenMs: 0, imageQueueMs: 150, imageRunMs: 150 });
});
afterAll(() => provider.close());

interface Submitted {
  request_id: string;
  status_url: string;
  response_url: string;
  cancel_url: string;
}

async function call(method: string, url: string, body?: object): Promise<{ status: number; body: any }> {
  const response = await fetch(url, { method, headers: { authorization }, body: body && JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

async function submit(prompt: string, query = ""): Promise<Submitted> {
  const { status, body } = await call("POST", `${provider.falUrl}/${MODEL}${query}`, { prompt, num_images: 2 });
  expect(status).toBe(200);
  return body;
}

async function completed({ status_url }: Submitted): Promise<any> {
  for (;;) {
    const { status, body } = await call("GET", status_url);
    if (status === 200) return body;
    await sleep(20);
  }
}

const pixels = async (prompt: string): Promise<string> => {
  const job = await submit(prompt);
  await completed(job);
  const { body } = await call("GET", job.response_url);
  const response = await fetch(body.images[0].url);
  expect(response.headers.get("content-type")).toBe("image/png");
  const png = Buffer.from(await response.arrayBuffer());
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([8, 8]);
  const data = png.indexOf("IDAT");
  const raw = inflateSync(png.subarray(data + 4, data + 4 + png.readUInt32BE(data - 4)));
  expect(raw).toHaveLength(8 * (1 + 8 * 3));
  return raw.toString("hex");
};

describe("fal's queue", () => {
  it("takes a job from the queue to its images", async () => {
    const job = await submit("a sea");
    expect(job.status_url).toBe(`${provider.falUrl}/fal-ai/flux/requests/${job.request_id}/status`);
    const waiting = await submit("fault:hang-queue");
    const running = await submit("fault:hang-job");
    expect(await call("GET", waiting.status_url)).toMatchObject({ status: 202, body: { status: "IN_QUEUE" } });
    await expect.poll(async () => (await call("GET", running.status_url)).body.status).toBe("IN_PROGRESS");
    expect((await call("GET", running.response_url)).status).toBe(400);
    expect((await completed(job)).status).toBe("COMPLETED");
    const { body } = await call("GET", job.response_url);
    expect(body.images).toHaveLength(2);
    expect(body.images[0]).toMatchObject({ content_type: "image/png", width: 1_024, height: 768 });
  });

  it("serves real pictures, without a key, that depend on the prompt", async () => {
    const [sea, again, land] = await Promise.all([pixels("a sea"), pixels("a sea"), pixels("a land")]);
    expect(again).toBe(sea);
    expect(land).not.toBe(sea);
  });

  it("cancels a job that waits or runs, and no other", async () => {
    const [waiting, running, done] = await Promise.all(
      ["fault:hang-queue", "fault:hang-job", "c"].map((prompt) => submit(prompt)),
    );
    expect((await call("PUT", waiting!.cancel_url)).body.status).toBe("OK");
    expect((await call("GET", waiting!.status_url)).status).toBe(404);
    await expect.poll(async () => (await call("GET", running!.status_url)).body.status).toBe("IN_PROGRESS");
    expect((await call("PUT", running!.cancel_url)).status).toBe(202);
    expect(await completed(running!)).toHaveProperty("error");
    await completed(done!);
    expect(await call("PUT", done!.cancel_url)).toEqual({ status: 400, body: { status: "ALREADY_COMPLETED" } });
    expect((await call("PUT", done!.cancel_url.replace(done!.request_id, "other"))).status).toBe(404);
  });

  it("knows a job by its own app only", async () => {
    const job = await submit("a");
    expect((await call("GET", job.status_url.replace("/flux/", "/other/"))).status).toBe(404);
  });

  it("wants a key and a prompt", async () => {
    const url = `${provider.falUrl}/${MODEL}`;
    expect((await observe(url, { body: { prompt: "x" }, headers: { authorization: "" } })).status).toBe(401);
    expect((await observe(url, { body: {} })).status).toBe(400);
  });

  it("has faults: by the prompt, or by the header", async () => {
    const url = `${provider.falUrl}/${MODEL}`;
    const before = provider.imageJobs();
    const accepted = await observe(url, { body: { prompt: "fault:submit-reset-after-accept" } });
    expect([accepted.status, accepted.end, provider.imageJobs() - before]).toEqual([null, "reset", 1]);
    expect((await observe(url, { body: { prompt: "fault:rate-limited-1s" } })).headers["retry-after"]).toBe("1");
    expect((await observe(url, { body: { prompt: "x" }, headers: { "x-fake-fault": "hang" } })).end).toBe("open");
    // None of those is a job.
    expect(provider.imageJobs() - before).toBe(1);
    const failed = await submit("fault:failed");
    expect(await completed(failed)).toMatchObject({ status: "COMPLETED", error: expect.any(String) });
    expect((await call("GET", failed.response_url)).status).toBe(500);
    expect((await submit("fault:foreign-urls")).status_url).not.toContain(provider.url);
  });

  it("signs its webhooks with the key that it shows, and sends them again until they are taken", async () => {
    const deliveries: { headers: http.IncomingHttpHeaders; body: string }[] = [];
    const server = http.createServer(async (req, res) => {
      let body = "";
      for await (const chunk of req) body += String(chunk);
      deliveries.push({ headers: req.headers, body });
      res.writeHead(deliveries.length === 1 ? 500 : 200).end();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const job = await submit("a sea", `?fal_webhook=${encodeURIComponent(`http://127.0.0.1:${port}/hook`)}`);
    await expect.poll(() => deliveries.length, { timeout: 10_000 }).toBe(2);

    const { headers, body } = deliveries[1]!;
    expect(JSON.parse(body)).toMatchObject({ request_id: job.request_id, status: "OK", payload: { images: [{}, {}] } });
    const { keys } = (await (await fetch(provider.jwksUrl)).json()) as { keys: [any] };
    const message = [
      job.request_id,
      headers["x-fal-webhook-user-id"],
      headers["x-fal-webhook-timestamp"],
      createHash("sha256").update(body).digest("hex"),
    ].join("\n");
    const signature = Buffer.from(String(headers["x-fal-webhook-signature"]), "hex");
    const key = createPublicKey({ key: keys[0], format: "jwk" });
    expect(verify(null, Buffer.from(message), key, signature)).toBe(true);
    expect(verify(null, Buffer.from(`${message}x`), key, signature)).toBe(false);
  });

  it("sends made-up answers to this machine only", async () => {
    const query = `?fal_webhook=${encodeURIComponent("https://example.com/hook")}`;
    expect((await observe(`${provider.falUrl}/${MODEL}${query}`, { body: { prompt: "x" } })).status).toBe(400);
  });
});
