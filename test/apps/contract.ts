// What an embeddings app promises, whatever built it and wherever it runs. Every output and target has to pass it.
import OpenAI from "openai";
import { describe, expect, it } from "vitest";

const SENTENCES = [
  "The cat sat on the mat.",
  "A feline was resting on the rug.",
  "The stock market fell sharply today.",
];
const TOO_LARGE = 5 * 1024 * 1024;

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

interface Answer {
  status: number;
  headers: Headers;
  body: any;
}

async function send(url: string, path: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(new URL(path, url), init);
  const text = await response.text();
  const json = response.headers.get("content-type")?.includes("json") === true && text !== "";
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
}

/** A body that is a string is sent as it is. */
function post(url: string, path: string, body: unknown): Promise<Answer> {
  return send(url, path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
}

/** @param url where the app is, once the tests run */
export function embeddingsContract(name: string, url: () => string): void {
  describe(`contract: ${name}`, () => {
    it("gives the real openai client embeddings whose order is right", async () => {
      const client = new OpenAI({ baseURL: `${url()}/v1`, apiKey: "unused", maxRetries: 0 });
      for (const format of [undefined, "float", "base64"] as const) {
        const { data, model, usage } = await client.embeddings.create({
          model: "use-lite",
          input: SENTENCES,
          encoding_format: format,
        });
        const vectors = data.map(({ embedding }) => decode(embedding));
        const [cat = [], feline = [], stocks = []] = vectors;
        expect(vectors.map((vector) => vector.length)).toEqual([512, 512, 512]);
        expect(dot(cat, feline)).toBeGreaterThan(dot(cat, stocks) + 0.2);
        expect(dot(cat, cat)).toBeCloseTo(1, 4);
        expect(model).toBe("use-lite");
        expect(usage.prompt_tokens).toBeGreaterThan(10);
      }
    });

    it("takes a string as well as a list, on both paths", async () => {
      const answers = await Promise.all(
        ["/api/embeddings", "/v1/embeddings"].map((path) => post(url(), path, { input: SENTENCES[0] })),
      );
      const [first, second] = answers;
      expect(first?.body.data).toHaveLength(1);
      expect(first?.body.data[0]).toMatchObject({ object: "embedding", index: 0 });
      expect(second?.body).toEqual(first?.body);
    });

    it("gives the same vector to the same text, alone, in a list, and among many at once", async () => {
      const alone = (await post(url(), "/api/embeddings", { input: SENTENCES[1] })).body.data[0].embedding;
      const many = await Promise.all(
        Array.from({ length: 20 }, () => post(url(), "/api/embeddings", { input: SENTENCES })),
      );
      for (const { status, body } of many) {
        expect(status).toBe(200);
        expect(body.data[1].embedding).toEqual(alone);
      }
    });

    it.each([
      ["no JSON", "{", 400, "invalid_json"],
      ["an empty body", "", 400, "invalid_json"],
      ["a list", [], 400, "invalid_body"],
      ["null", "null", 400, "invalid_body"],
      ["no input", {}, 400, "invalid_input"],
      ["an empty text", { input: "" }, 400, "invalid_input"],
      ["an empty list", { input: [] }, 400, "invalid_input"],
      ["a text that is a number", { input: [1, 2] }, 400, "invalid_input"],
      ["a text that is too long", { input: "x".repeat(32_769) }, 400, "input_too_long"],
      ["too many texts", { input: Array.from({ length: 257 }, () => "x") }, 400, "invalid_input"],
      ["another model", { input: "x", model: "text-embedding-3-small" }, 404, "model_not_found"],
      ["another size", { input: "x", dimensions: 256 }, 400, "unsupported_dimensions"],
      ["another format", { input: "x", encoding_format: "hex" }, 400, "invalid_encoding_format"],
    ])("refuses %s in OpenAI's words", async (_what, body, status, code) => {
      const answer = await post(url(), "/api/embeddings", body);
      expect(answer.status).toBe(status);
      expect(answer.body.error).toEqual({
        message: expect.any(String),
        type: "invalid_request_error",
        param: null,
        code,
      });
    });

    it("refuses other methods, and says which it takes", async () => {
      const answer = await send(url(), "/api/embeddings");
      expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
    });

    it("refuses a body over 4.5 MB the way Vercel does", async () => {
      const answer = await post(url(), "/api/embeddings", { input: "x".repeat(TOO_LARGE) });
      expect([answer.status, answer.headers.get("x-vercel-error")]).toEqual([413, "FUNCTION_PAYLOAD_TOO_LARGE"]);
    });

    it("says in the health document who answers, and lets nobody cache it", async () => {
      const { status, headers, body } = await send(url(), "/api/health");
      expect([status, headers.get("cache-control")]).toEqual([200, "no-store"]);
      expect(body).toEqual({
        version: 1,
        status: "ok",
        buildId: expect.any(String),
        modelId: "use-lite",
        mode: "local",
        task: "embeddings",
      });
      expect((await send(url(), "/api/health", { method: "HEAD" })).status).toBe(200);
    });

    it("has a result per item of a batch, in order", async () => {
      const inputs = Array.from({ length: 40 }, (_, index) => `text ${index}`);
      const good = await post(url(), "/api/batch", { inputs });
      expect([good.status, good.body.failed]).toEqual([200, 0]);
      expect(good.body.data.map((item: { index: number }) => item.index)).toEqual(inputs.map((_, index) => index));
      const alone = await post(url(), "/api/embeddings", { input: "text 33" });
      expect(good.body.data[33].embedding).toEqual(alone.body.data[0].embedding);
    });

    it("fails the bad items of a batch alone", async () => {
      const mixed = await post(url(), "/api/batch", { inputs: ["one", "", 3, "four"] });
      expect([mixed.status, mixed.body.failed]).toEqual([207, 2]);
      expect(mixed.body.data.map((item: object) => ("error" in item ? "error" : "embedding"))).toEqual([
        "embedding",
        "error",
        "error",
        "embedding",
      ]);
      expect(mixed.body.data[1].error.code).toBe("invalid_input");
      for (const inputs of [[], "x", undefined, Array.from({ length: 2_001 }, () => "x")]) {
        expect((await post(url(), "/api/batch", { inputs })).status).toBe(400);
      }
    });

    it("warms the embeddings function on prefetch", async () => {
      const { status, body } = await send(url(), "/api/prefetch");
      expect([status, body.warmed]).toEqual([200, "/api/embeddings"]);
    });

    it("serves its page, and nothing of its source", async () => {
      const page = await send(url(), "/");
      expect([page.status, page.headers.get("content-type")]).toEqual([200, expect.stringContaining("text/html")]);
      for (const path of [
        "/edge-ai.json",
        "/package.json",
        "/lib/http.ts",
        "/api/embeddings.ts",
        "/models/use-lite/config.json",
        "/vendor/",
        "/../edge-ai.json",
        "/%2e%2e/edge-ai.json",
        "/api/nothing",
      ]) {
        const { status, body } = await send(url(), path);
        // Vercel serves a function under its file name too, and then it is the function that answers.
        if (path === "/api/embeddings.ts" && status === 405) continue;
        expect([path, status]).toEqual([path, 404]);
        expect(JSON.stringify(body)).not.toContain("latencyBudgetMs");
      }
    });
  });
}

function decode(embedding: number[] | string): number[] {
  if (typeof embedding !== "string") return embedding;
  const bytes = Buffer.from(embedding, "base64");
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}
