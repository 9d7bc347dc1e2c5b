// Each fault as a client sees it on the wire, in both forms.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faults, type FaultName } from "../../../src/fake-provider/faults.ts";
import { startFakeProvider, type FakeProvider } from "../../../src/fake-provider/server.ts";
import { eventsOf, observe, type Seen } from "./observe.ts";

interface Form {
  status: number | null;
  end: Seen["end"];
  /** Of a stream: tokens with a text. */
  tokens?: number;
  /** Of a stream: is there a finish_reason, and [DONE]? */
  finish?: boolean;
  done?: boolean;
}

const TOKENS = 6;
const whole = { status: 200, end: "complete", tokens: TOKENS, finish: true, done: true } as const;
const silent = { finish: false, done: false } as const;
const refused = (status: number): { stream: Form; json: Form } => {
  const form: Form = { status, end: "complete", tokens: 0, ...silent };
  return { stream: form, json: { status, end: "complete" } };
};
const fine: Form = { status: 200, end: "complete" };

/** What both forms of a fault look like. */
const expected: Record<FaultName, { stream: Form; json: Form }> = {
  "rate-limited-1s": refused(429),
  "rate-limited-date": refused(429),
  "rate-limited-120s": refused(429),
  "rate-limited-once": refused(429),
  error: refused(500),
  "error-once": refused(500),
  unavailable: refused(503),
  "bad-gateway-html": refused(502),
  unauthorized: refused(401),
  "bad-request": refused(400),
  "not-found": refused(404),
  reset: { stream: { status: null, end: "reset" }, json: { status: null, end: "reset" } },
  hang: { stream: { status: null, end: "open" }, json: { status: null, end: "open" } },
  "hang-after-headers": {
    stream: { status: 200, end: "open", tokens: 0, ...silent },
    json: { status: 200, end: "open" },
  },
  "hang-mid": { stream: { status: 200, end: "open", tokens: 4, ...silent }, json: { status: 200, end: "open" } },
  "reset-mid": { stream: { status: 200, end: "reset", tokens: 4, ...silent }, json: { status: 200, end: "reset" } },
  truncated: { stream: { status: 200, end: "complete", tokens: 4, ...silent }, json: fine },
  "bad-json": { stream: { status: 200, end: "complete", tokens: 0, ...silent }, json: fine },
  "bad-sse": { stream: whole, json: fine },
  "error-body": { stream: { status: 200, end: "complete", tokens: 0, ...silent }, json: fine },
  "error-event": { stream: { status: 200, end: "complete", tokens: 0, ...silent }, json: fine },
  "error-event-mid": { stream: { status: 200, end: "complete", tokens: 4, ...silent }, json: fine },
  empty: { stream: { status: 200, end: "complete", tokens: 0, ...silent }, json: fine },
  "slow-drip": { stream: { status: 200, end: "open", tokens: 0, ...silent }, json: { status: 200, end: "open" } },
  "not-a-stream": { stream: { status: 200, end: "complete", tokens: 0, ...silent }, json: fine },
  "empty-content": { stream: { ...whole, tokens: 0 }, json: fine },
  "done-only": { stream: { ...whole, finish: false }, json: fine },
  "finish-only": { stream: { ...whole, done: false }, json: fine },
};

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider({ firstTokenMs: 0, tokenMs: 0, tokens: TOKENS });
});
afterAll(() => provider.close());

function ask(name: string, stream: boolean): Promise<Seen> {
  const messages = [{ role: "user", content: `${name} ${stream ? "stream" : "json"}` }];
  return observe(`${provider.baseUrl}/chat/completions`, { body: { model: `fault:${name}`, messages, stream } });
}

function formOf({ status, end, text }: Seen): Form {
  const events = eventsOf(text);
  const has = (part: string): number => events.filter((event) => event.includes(part)).length;
  return {
    status,
    end,
    tokens: events.filter((event) => /"content":"[^"]/.test(event) && event.endsWith("}")).length,
    finish: has('"finish_reason":"stop"') > 0,
    done: events.at(-1) === "[DONE]",
  };
}

function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function retryAfter(name: FaultName): Promise<string> {
  return (await ask(name, false)).headers["retry-after"] ?? "";
}

/** The status of a chat whose last message is this. */
async function onceFor(content: string): Promise<number | null> {
  const body = { model: "fault:error-once", messages: [{ role: "user", content }] };
  return (await observe(`${provider.baseUrl}/chat/completions`, { body })).status;
}

describe("a fault", () => {
  it("is as described, for each of them and in both forms", async () => {
    const names = Object.keys(faults) as FaultName[];
    await Promise.all(
      names.map(async (name) => {
        const [stream, json] = await Promise.all([ask(name, true), ask(name, false)]);
        expect(formOf(stream), `${name}, stream`).toMatchObject(expected[name].stream);
        expect(formOf(json), `${name}, JSON`).toMatchObject(expected[name].json);
      }),
    );
  });

  it("breaks JSON in the way of its name", async () => {
    const text = async (name: FaultName): Promise<string> => (await ask(name, false)).text;
    expect(parsed(await text("truncated"))).toBeNull();
    expect(parsed(await text("bad-json"))).toBeNull();
    expect(await text("empty")).toBe("");
    expect(parsed(await text("error-body"))).toMatchObject({ error: { code: "internal_error" } });
    expect(parsed(await text("error-event"))).toMatchObject({ error: { code: "internal_error" } });
    expect(parsed(await text("empty-content"))).toMatchObject({ choices: [{ message: { content: "" } }] });
    expect(await text("not-a-stream")).toMatch(/^data: \{.*\n\ndata: \[DONE\]\n\n$/);
    expect(await text("slow-drip")).toMatch(/^ *$/);
    expect(parsed((await ask("not-a-stream", true)).text)).toMatchObject({ object: "chat.completion" });
  });

  it("breaks a stream in the way of its name", async () => {
    const broken = eventsOf((await ask("bad-sse", true)).text).map(
      (event) => event === "[DONE]" || parsed(event) !== null,
    );
    // The role, two tokens, and then the broken one.
    expect(broken.indexOf(false)).toBe(3);
    expect(broken.filter((good) => !good)).toHaveLength(1);
    expect(parsed(eventsOf((await ask("error-event-mid", true)).text).at(-1) ?? "")).toHaveProperty("error");
    expect((await ask("slow-drip", true)).text).toMatch(/^(: keep-alive\n\n)+$/);
  });

  it("says when to come again", async () => {
    expect([await retryAfter("rate-limited-1s"), await retryAfter("rate-limited-120s")]).toEqual(["1", "120"]);
    const date = Date.parse(await retryAfter("rate-limited-date")) - Date.now();
    expect(date).toBeLessThanOrEqual(2_000);
    expect(date).toBeGreaterThan(0);
  });

  it("happens once for a text when its name says so", async () => {
    expect([await onceFor("a"), await onceFor("a"), await onceFor("b"), await onceFor("a")]).toEqual([
      500, 200, 500, 200,
    ]);
  });

  it("can be had with a header, for any model and for embeddings", async () => {
    const seen = await observe(`${provider.baseUrl}/embeddings`, {
      body: { model: "embedding-model", input: "x" },
      headers: { "x-fake-fault": "unavailable" },
    });
    expect(seen.status).toBe(503);
    const models = await observe(`${provider.baseUrl}/models`, { method: "GET", headers: { "x-fake-fault": "error" } });
    expect(models.status).toBe(500);
    const vectors = await observe(`${provider.baseUrl}/embeddings`, {
      body: { model: "fault:empty-content", input: "x" },
    });
    expect(parsed(vectors.text)).toMatchObject({ data: [] });
  });

  it("that does not exist is refused, with the names that do", async () => {
    const seen = await ask("nonsense", false);
    expect(seen.status).toBe(400);
    expect(seen.text).toContain("hang-mid");
  });

  it("is not the client's leaving, which is noted", async () => {
    await ask("reset-mid", true);
    // By the end of another request, the end of this one has been noted.
    await ask("error", true);
    expect(provider.requests.at(-2)?.abortedAtMs).toBeNull();
    await ask("hang", false);
    await expect
      .poll(() => provider.requests.at(-1)?.abortedAtMs)
      .toBeGreaterThan(provider.requests.at(-1)?.atMs ?? Infinity);
  });
});
