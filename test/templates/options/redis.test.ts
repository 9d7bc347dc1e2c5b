import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Handle } from "../../../templates/app/lib/call.ts";
import { freePort } from "../../free-port.ts";
import { findRedis, startUpstash, type Upstash } from "../../support/upstash.ts";
import { load, pass, refusal } from "./calls.ts";

const binary = findRedis();
const ok: Handle = async () => Response.json({});

it("a machine that has to test everything has a redis-server", () => {
  if (binary === null)
    process.stderr.write("no redis-server on PATH: what needs one is skipped (apt-get install redis-server)\n");
  expect(binary !== null || process.env["CI"] === undefined).toBe(true);
});

/** Until it is so; a busy machine takes its time. */
function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 15_000 });
}

/** What was written to stderr. */
function warnings(): string[] {
  const lines: string[] = [];
  const spy = vi.spyOn(console, "warn").mockImplementation((line: string) => lines.push(line));
  onTestFinished(() => spy.mockRestore());
  return lines;
}

/** A client of `lib/redis.ts`, in an instance of its own. */
async function client(env: Record<string, string>) {
  const instance = await load(env);
  const { redis } = await import("../../../templates/app/lib/redis.ts");
  // Each command as of a request of its own.
  return { instance, redis: (...command: (string | number)[]) => redis({}, ...command) };
}

const model: Handle = async (call) => {
  call.facts.target = "main";
  return Response.json({ vector: "€" }, { headers: { "x-ai-target": "main" } });
};

const decide = async (more: Record<string, string>) => {
  const instance = await load({ ...more, RATE_LIMIT_BURST: "3", RATE_LIMIT_PER_MINUTE: "1" });
  const rateLimit = await instance.option("rateLimit");
  const answers: string[] = [];
  for (let asked = 0; asked < 4; asked++) {
    const answer = await pass(instance.callOf({}), [rateLimit], ok).catch((error: unknown) => error);
    const headers = new Headers((answer as Response).headers);
    answers.push(["ratelimit-remaining", "ratelimit-reset", "retry-after"].map((name) => headers.get(name)).join(" "));
  }
  return answers;
};

describe.skipIf(binary === null)("with a real Redis (skipped without redis-server)", () => {
  let upstash: Upstash;
  beforeAll(async () => {
    upstash = await startUpstash(binary ?? "");
  });
  afterAll(() => upstash.close());

  /** Patient, since this machine may be busy with other tests; what 100 ms are for is tested below. */
  const env = (more: Record<string, string> = {}) => ({ ...upstash.env, REDIS_TIMEOUT_MS: "20000", ...more });

  it("speaks to it", async () => {
    const { instance, redis } = await client(env());
    expect(await redis("PING")).toBe("PONG");
    expect(await redis("SET", "grüße", "welt\r\n€", "PX", 60_000)).toBe("OK");
    expect(await redis("GET", "grüße")).toBe("welt\r\n€");
    expect(await redis("GET", "nothing")).toBe(null);
    expect(await redis("EVAL", "return {1, 'two', ARGV[1]}", 0, "three")).toEqual([1, "two", "three"]);
    expect((await instance.deepReport())["redis"]).toEqual({
      isConfigured: true,
      isThere: true,
      roundTripMs: expect.any(Number),
    });
  });

  it("knows Upstash's own names, too", async () => {
    const { KV_REST_API_URL: url, KV_REST_API_TOKEN: token } = upstash.env;
    const { redis } = await client({
      UPSTASH_REDIS_REST_URL: url,
      UPSTASH_REDIS_REST_TOKEN: token,
      REDIS_TIMEOUT_MS: "20000",
    });
    expect(await redis("PING")).toBe("PONG");
  });

  it("a refused command is a missing answer, and its text is not logged", async () => {
    const lines = warnings();
    const { redis } = await client(env({ KV_REST_API_TOKEN: "wrong-token" }));
    expect(await redis("GET", "a-private-key")).toBe(null);
    expect(lines).toEqual(["redis: it answered 401 to GET; meanwhile this instance limits and caches by itself"]);
    const second = await client(env());
    expect(await second.redis("NONSENSE", "a-private-key")).toBe(null);
    expect(lines.join()).not.toMatch(/wrong-token|a-private-key|127\.0\.0\.1/);
  });

  it("an instance answers from what another one has learned", async () => {
    const question = { input: "the same everywhere" };
    const ask = async (caller: string) => {
      const instance = await load(env({ CACHE_TTL_S: "60" }));
      const call = Object.assign(instance.callOf(question), { caller });
      const response = await pass(call, [await instance.option("cache")], model);
      await eventually(async () => expect(await upstash.send("DBSIZE")).toBeGreaterThan(0));
      return { call, how: response.headers.get("x-ai-cache"), text: await response.text(), headers: response.headers };
    };
    await upstash.send("FLUSHALL");
    const first = await ask("tenant-a");
    const second = await ask("tenant-a");
    expect([first.how, second.how]).toEqual(["miss", "hit"]);
    expect(second.text).toBe(first.text);
    expect(second.headers.get("x-ai-target")).toBe("main");
    expect(second.call.facts).toMatchObject({ target: "main", isCached: true });
    expect((await ask("tenant-b")).how).toBe("miss");
    await eventually(async () => expect(await upstash.send("DBSIZE")).toBe(2));
    const [key] = (await upstash.send("KEYS", "*")) as string[];
    expect(key).toMatch(/^edge-ai answer [0-9a-f]{64}$/);
    const leftMs = await upstash.send("PTTL", key ?? "");
    expect(leftMs).toBeGreaterThan(30_000);
    expect(leftMs).toBeLessThanOrEqual(60_000);
  });

  it("a broken entry is no entry", async () => {
    /** Asks an instance that knows nothing yet, until what it has learned is in Redis. */
    const ask = async () => {
      const instance = await load(env());
      const response = await pass(instance.callOf({ input: "broken" }), [await instance.option("cache")], ok);
      const key = await eventually(async () => {
        const [found = ""] = (await upstash.send("KEYS", "*")) as string[];
        expect(await upstash.send("GET", found)).toContain('storedAtMs":1');
        return found;
      });
      return { key, how: response.headers.get("x-ai-cache") };
    };
    await upstash.send("FLUSHALL");
    const { key } = await ask();
    for (const value of ["{", "[]", '{"body":1}', '{"headers":{},"body":"x","storedAtMs":"a","ttlMs":1}']) {
      await upstash.send("SET", key, value);
      expect((await ask()).how).toBe("miss");
    }
    expect((await ask()).how).toBe("hit");
  });

  it("50 clients at a time on two instances get exactly as much as they may", async () => {
    const limits = env({ RATE_LIMIT_BURST: "30", RATE_LIMIT_PER_MINUTE: "1" });
    await upstash.send("FLUSHALL");
    const start = async () => {
      const instance = await load(limits);
      return { instance, rateLimit: await instance.option("rateLimit") };
    };
    const instances = [await start(), await start()];
    expect(instances[0]?.rateLimit).not.toBe(instances[1]?.rateLimit);
    const ask = async (number: number): Promise<number> => {
      const { instance, rateLimit } = instances[number % 2]!;
      const call = Object.assign(instance.callOf({}), { caller: "one-key" });
      return pass(call, [rateLimit], ok).then(
        ({ status }) => status,
        ({ status }: { status: number }) => status,
      );
    };
    const clients = Array.from({ length: 50 }, async (_, number) => {
      const statuses: number[] = [];
      for (let asked = 0; asked < 5; asked++) statuses.push(await ask(number));
      return statuses;
    });
    const statuses = (await Promise.all(clients)).flat();
    expect(statuses.filter((status) => status === 200)).toHaveLength(30);
    expect(statuses.filter((status) => status === 429)).toHaveLength(220);
    const leftMs = await upstash.send("PTTL", "edge-ai rate key one-key");
    expect(leftMs).toBeGreaterThan(29 * 60_000);
    expect(leftMs).toBeLessThanOrEqual(30 * 60_000);
  });

  it("Redis and memory reckon alike", async () => {
    await upstash.send("FLUSHALL");
    const expected = ["2 60 ", "1 120 ", "0 180 ", "0 180 60"];
    expect(await decide({})).toEqual(expected);
    expect(await decide(env())).toEqual(expected);
  });

  it("a late Redis is back after a second", async () => {
    const lines = warnings();
    const { redis } = await client(upstash.env);
    upstash.behaviour.delayMs = 300;
    onTestFinished(() => void (upstash.behaviour.delayMs = 0));
    expect(await redis("PING")).toBe(null);
    upstash.behaviour.delayMs = 0;
    expect(await redis("PING")).toBe(null);
    await vi.waitFor(async () => expect(await redis("PING")).toBe("PONG"), { timeout: 15_000, interval: 50 });
    expect(lines).toHaveLength(1);
  });
});

/** Where no Redis answers: nobody listens, or somebody does and says nothing. */
const faults: Record<string, () => Promise<Record<string, string>>> = {
  dead: async () => ({ KV_REST_API_URL: `http://127.0.0.1:${await freePort()}`, KV_REST_API_TOKEN: "t" }),
  hanging: async () => {
    const sockets = new Set<net.Socket>();
    const server = net.createServer((socket) => void sockets.add(socket.on("error", () => {})));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return {
      KV_REST_API_URL: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
      KV_REST_API_TOKEN: "t",
    };
  },
};

describe.each(Object.keys(faults))("a %s Redis", (fault) => {
  const envOf = async (more: Record<string, string> = {}) => ({ ...(await faults[fault]?.()), ...more });

  it("adds 100 ms once a second at most, and one line a minute", async () => {
    const lines = warnings();
    const instance = await load(await envOf({ RATE_LIMIT_BURST: "1000" }));
    const options = [await instance.option("rateLimit"), await instance.option("cache")];
    const timeOf = async (number: number): Promise<number> => {
      const startedMs = performance.now();
      const response = await pass(instance.callOf({ input: String(number) }), options, ok);
      expect(response.status).toBe(200);
      return performance.now() - startedMs;
    };
    const first = await timeOf(0);
    const parallel = await Promise.all(Array.from({ length: 50 }, (_, number) => timeOf(number + 1)));
    const more = [await timeOf(100), await timeOf(101), await timeOf(102)];
    const longest = Math.max(...parallel, ...more).toFixed(1);
    process.stdout.write(
      `${fault} Redis, limit and cache on: the first request took ${first.toFixed(1)} ms, the longest of 53 more ${longest} ms\n`,
    );
    // 100 ms and what a busy machine adds; all 54 together waited less than two of them would, had each one waited.
    expect(first).toBeLessThan(400);
    expect(Math.max(...more)).toBeLessThan(400);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^redis: no (answer within 100 ms|connection); /);
  });

  it("the instance counts for itself", async () => {
    warnings();
    const instance = await load(await envOf({ RATE_LIMIT_BURST: "2" }));
    const rateLimit = await instance.option("rateLimit");
    const ask = () => pass(instance.callOf({}), [rateLimit], ok);
    await ask();
    await ask();
    expect(await refusal(ask())).toMatchObject({ status: 429 });
  });

  it("or refuses, where that is better", async () => {
    warnings();
    const instance = await load(await envOf({ RATE_LIMIT_FAIL_CLOSED: "1" }));
    const rateLimit = await instance.option("rateLimit");
    expect(await refusal(pass(instance.callOf({}), [rateLimit], ok))).toMatchObject({
      status: 503,
      code: "rate_limit_unavailable",
      headers: { "retry-after": "1" },
    });
  });

  it("shows in the report", async () => {
    warnings();
    const { instance } = await client(await envOf());
    expect((await instance.deepReport())["redis"]).toEqual({ isConfigured: true, isThere: false, roundTripMs: null });
  });
});

it("all commands of a request together get one limit; who got only the rest of it has not found Redis failing", async () => {
  const lines = warnings();
  const [limitMs, delayMs] = [2_000, 1_200];
  const stored = { headers: {}, body: "{}", storedAtMs: Date.now(), ttlMs: 60_000 };
  const answers: Record<string, unknown> = { EVAL: [0, 0], GET: JSON.stringify(stored) };
  const asked: string[] = [];
  const server = http.createServer(async (req, res) => {
    const [name = ""] = (await json(req)) as string[];
    asked.push(name);
    setTimeout(() => res.end(JSON.stringify({ result: answers[name] })), delayMs);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as net.AddressInfo;
  const instance = await load({
    KV_REST_API_URL: `http://127.0.0.1:${port}`,
    KV_REST_API_TOKEN: "t",
    REDIS_TIMEOUT_MS: String(limitMs),
  });
  const options = [await instance.option("rateLimit"), await instance.option("cache")];
  const how = async (chosen = options): Promise<string | null> =>
    (
      await pass(instance.callOf({ input: "the same" }), chosen, async () => Response.json({}, { status: 203 }))
    ).headers.get("x-ai-cache");
  // What is left when the first answer is there is less than the second one takes.
  expect([await how(), asked.slice(0, 2)]).toEqual(["miss", ["EVAL", "GET"]]);
  // Alone it is in time, and it is asked at once.
  expect(await how(options.slice(1))).toBe("hit");
  expect(lines).toEqual([]);
});

it("without Redis nothing fails, and nothing waits", async () => {
  const { instance, redis } = await client({});
  expect(await redis("PING")).toBe(null);
  expect((await instance.deepReport())["redis"]).toEqual({ isConfigured: false });
});

it("asks a failing Redis only once a second, whoever comes", async () => {
  const lines = warnings();
  let connections = 0;
  const server = net.createServer((socket) => {
    connections += 1;
    socket.on("error", () => {}).destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as net.AddressInfo;
  const { redis } = await client({ KV_REST_API_URL: `http://127.0.0.1:${port}`, KV_REST_API_TOKEN: "t" });
  const startedMs = performance.now();
  while (performance.now() - startedMs < 1_500) {
    await Promise.all([redis("PING"), redis("PING"), redis("PING")]);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  // Three at first, before the first failure is known; then one a second.
  expect(connections).toBeGreaterThanOrEqual(3);
  expect(lines).toHaveLength(1);
  expect(connections).toBeLessThanOrEqual(3 + Math.ceil((performance.now() - startedMs) / 1_000));
});
