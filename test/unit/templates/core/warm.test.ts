import http from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { beforeAll, afterAll, describe, expect, it, onTestFinished } from "vitest";
import { startFakeProvider, type FakeProvider } from "../../../../src/fake-provider/server.ts";
import { loadRoute, type Loaded } from "./load-route.ts";
import { deadUrl, sendJson, startUpstream } from "./upstream.ts";

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider();
});
afterAll(() => provider.close());

/** Functions of an app behind one port: what they send to each other goes over it. The app's task is embeddings. */
async function serve(names: readonly string[], env: Record<string, string>): Promise<string> {
  const routes = new Map<string, Loaded>();
  for (const name of names) routes.set(`/api/${name.replace(".local", "")}`, await loadRoute(name, env));
  const server = http.createServer(async (req, res) => {
    const body = await text(req);
    const url = new URL(req.url ?? "/", `http://${req.headers.host}`);
    const headers = Object.entries(req.headers).map(([name, value]): [string, string] => [name, String(value)]);
    const request = new Request(url, { method: req.method ?? "GET", headers, ...(body !== "" && { body }) });
    const response = (await routes.get(url.pathname)?.fetch(request)) ?? new Response(null, { status: 404 });
    res.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
async function get(url: string, headers: Record<string, string> = {}): Promise<{ status: number; body: any }> {
  const response = await fetch(url, { headers });
  return { status: response.status, body: await response.json() };
}
const upstreamEnv = (baseUrl: string): Record<string, string> => ({ AI_BASE_URL: baseUrl, AI_API_KEY: "k" });

describe("prefetch, with targets", () => {
  it("opens a connection to each target in the function that asks them, and spends no tokens", async () => {
    provider.requests.length = 0;
    const env = { ...upstreamEnv(provider.baseUrl), LOCAL_BASE_URL: await deadUrl() };
    const { status, body } = await get(`${await serve(["prefetch", "embeddings"], env)}/api/prefetch`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      version: 1,
      warmed: "/api/embeddings",
      targets: [
        { name: "main", isReached: true, status: 200, ms: expect.any(Number) },
        { name: "local", isReached: false, status: null },
      ],
    });
    expect(JSON.stringify(body)).not.toContain("127.0.0.1");
    expect(provider.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(["GET /v1/models"]);
  });

  it.each([
    ["is dead", deadUrl],
    ["refuses the key", async () => (await startUpstream((res) => sendJson(res, 401, {}))).baseUrl],
    ["is sick", async () => (await startUpstream((res) => sendJson(res, 500, {}))).baseUrl],
  ])("is 502 when the first target %s", async (_, url) => {
    const { status, body } = await get(
      `${await serve(["prefetch", "embeddings"], upstreamEnv(await url()))}/api/prefetch`,
    );
    expect([status, body.targets[0].isReached]).toEqual([502, false]);
  });

  it("takes a target without /models for reached", async () => {
    const upstream = await startUpstream((res) => sendJson(res, 404, {}));
    expect(
      (await get(`${await serve(["prefetch", "embeddings"], upstreamEnv(upstream.baseUrl))}/api/prefetch`)).status,
    ).toBe(200);
  });

  it("cannot be used to ask the targets all the time", async () => {
    const upstream = await startUpstream((res) => sendJson(res, 200, {}));
    const url = await serve(["prefetch", "embeddings"], upstreamEnv(upstream.baseUrl));
    await Promise.all(Array.from({ length: 10 }, () => get(`${url}/api/prefetch`)));
    expect(upstream.asked.length).toBe(1);
  });
});

/** What is read when a request comes, and not before. Gone after the test. */
function setEnv(name: string, value: string): void {
  process.env[name] = value;
  onTestFinished(() => void delete process.env[name]);
}

describe("CRON_SECRET", () => {
  it.each([
    ["/api/prefetch", {}, 401],
    ["/api/prefetch", { authorization: "Bearer wrong" }, 401],
    ["/api/prefetch", { authorization: "Bearer the-secre" }, 401],
    ["/api/prefetch", { authorization: "Bearer the-secret" }, 200],
    ["/api/embeddings?warm=1", {}, 401],
    ["/api/embeddings?warm=1", { authorization: "Bearer the-secret" }, 200],
  ])("guards %s: %j is %s", async (path, headers, status) => {
    const url = await serve(["prefetch", "embeddings"], upstreamEnv(provider.baseUrl));
    setEnv("CRON_SECRET", "the-secret");
    expect((await get(url + path, headers as Record<string, string>)).status).toBe(status);
  });

  it("guards the variant for a model in the function, which calls with the app's own key", async () => {
    const shown: (string | undefined)[] = [];
    const model = await startUpstream((res, { headers }) => {
      shown.push(headers.authorization);
      sendJson(res, 200, {});
    });
    const route = await loadRoute("prefetch.local");
    setEnv("APP_API_KEYS", " own-key , other");
    setEnv("CRON_SECRET", "the-secret");
    const origin = new URL(model.baseUrl).origin;
    const call = (headers: Record<string, string>): Promise<Response> =>
      route.fetch(new Request(`${origin}/api/prefetch`, { headers }));
    expect((await call({})).status).toBe(401);
    expect(shown).toEqual([]);
    expect((await call({ authorization: "Bearer the-secret" })).status).toBe(200);
    expect(new Set(shown)).toEqual(new Set(["Bearer own-key"]));
  });
});

describe("the app's own key", () => {
  it("is not sent to a host that somebody else has named", async () => {
    const { callSelf } = await import("../../../../templates/app/lib/self.ts");
    const sent: Headers[] = [];
    const original = globalThis.fetch;
    globalThis.fetch = async (_, init) => {
      sent.push(new Headers(init?.headers));
      return Response.json({});
    };
    try {
      await callSelf(
        new Request("http://evil.test/api/prefetch", { headers: { authorization: "Bearer theirs" } }),
        "/api/chat",
        null,
        "app",
      );
      await callSelf(new Request("http://localhost:3000/api/prefetch"), "/api/chat", null, "own-key");
    } finally {
      globalThis.fetch = original;
    }
    expect(sent.map((headers) => headers.get("authorization"))).toEqual([null, "Bearer own-key"]);
  });
});

describe("health", () => {
  it("touches nothing", async () => {
    const url = await serve(["health"], upstreamEnv(await deadUrl()));
    expect(await get(`${url}/api/health`)).toMatchObject({
      status: 200,
      body: { version: 1, status: "ok", task: "embeddings" },
    });
  });

  it("?deep=1 asks the function that has the model", async () => {
    const url = await serve(["health", "embeddings"], upstreamEnv(provider.baseUrl));
    const { status, body } = await get(`${url}/api/health?deep=1`);
    expect([status, body.status]).toEqual([200, "ok"]);
    expect(body.routes).toEqual({ "/api/embeddings": { version: 1, targets: expect.any(Object) } });
  });

  it("?deep=1 is 503 when that does not answer", async () => {
    const { status, body } = await get(`${await serve(["health"], {})}/api/health?deep=1`);
    expect([status, body.status]).toEqual([503, "degraded"]);
  });
});
