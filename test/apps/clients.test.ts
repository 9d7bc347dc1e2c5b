// The real clients that people have, against a chat and an embeddings app deployed on this machine: they work unchanged, and see a cut stream as an error.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";
import fs from "node:fs/promises";
import path from "node:path";
import OpenAI, { APIError, AuthenticationError, NotFoundError } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFakeProvider, type FakeProvider } from "../../src/fake-provider/server.ts";
import type { DeployDocument } from "../../src/release/document.ts";
import { runBin } from "../cli/run.ts";
import { freePort } from "../free-port.ts";
import { Apps } from "./make-apps.ts";

const KEY = "key-of-the-callers";
const CUT = "fault:truncated";
const messages = [{ role: "user" as const, content: "Say something." }];

interface App {
  dir: string;
  url: string;
}

let apps: Apps;
let provider: FakeProvider;
let chat: App;
let embeddings: App;

/** Deploys an app to this machine, as a preview. @returns its URL */
async function deploy(task: "chat" | "embeddings"): Promise<App> {
  const { dir } = await apps.make(task, "hybrid");
  const env = [
    `AI_BASE_URL=${provider.baseUrl}`,
    "AI_API_KEY=fake",
    // Callers may name a target's model, and so choose it: here one that breaks off.
    `AI_SMALLER_MODEL=${task === "chat" ? CUT : ""}`,
    `APP_API_KEYS=${KEY}`,
  ];
  await fs.writeFile(path.join(dir, ".env.local"), env.join("\n"));
  const file = path.join(dir, "edge-ai.json");
  const config = JSON.parse(await fs.readFile(file, "utf8")) as object;
  await fs.writeFile(file, JSON.stringify({ ...config, targets: { local: { port: await freePort() } } }));
  const run = await runBin(["deploy", "--target", "local", "--no-gate", "--json"], { cwd: dir });
  expect(run.code, run.stderr).toBe(0);
  const { deployment } = JSON.parse(run.stdout) as DeployDocument;
  return { dir, url: deployment?.url ?? "" };
}

beforeAll(async () => {
  [apps, provider] = await Promise.all([Apps.open(), startFakeProvider({ firstTokenMs: 20, tokenMs: 1 })]);
  [chat, embeddings] = await Promise.all([deploy("chat"), deploy("embeddings")]);
});
afterAll(async () => {
  await Promise.all([chat, embeddings].map(({ dir }) => runBin(["stop"], { cwd: dir })));
  await provider.close();
  await apps.close();
});

const openai = (served: App, apiKey = KEY): OpenAI =>
  new OpenAI({ baseURL: `${served.url}/v1`, apiKey, maxRetries: 0 });
const model = "Qwen/Qwen2.5-7B-Instruct";

describe("openai", () => {
  it("gets an answer", async () => {
    const { choices, usage } = await openai(chat).chat.completions.create({ model, messages });
    expect(choices[0]?.message.content).toMatch(/\w+ \w+/);
    expect(usage?.completion_tokens).toBeGreaterThan(1);
  });

  it("gets the same text as a stream, to its end", async () => {
    const whole = await openai(chat).chat.completions.create({ model, messages });
    let text = "";
    let finish: string | null = null;
    for await (const { choices } of await openai(chat).chat.completions.create({ model, messages, stream: true })) {
      text += choices[0]?.delta.content ?? "";
      finish = choices[0]?.finish_reason ?? finish;
    }
    expect([text, finish]).toEqual([whole.choices[0]?.message.content, "stop"]);
  });

  it("sees a stream that was cut as an error", async () => {
    const stream = await openai(chat).chat.completions.create({ model: CUT, messages, stream: true });
    await expect(readToEnd(stream)).rejects.toBeInstanceOf(APIError);
  });

  it("is told what is wrong with its key or its model in its own terms", async () => {
    await expect(openai(chat, "wrong").chat.completions.create({ model, messages })).rejects.toBeInstanceOf(
      AuthenticationError,
    );
    await expect(openai(chat).chat.completions.create({ model: "other", messages })).rejects.toBeInstanceOf(
      NotFoundError,
    );
  });

  it("gets embeddings", async () => {
    const { data } = await openai(embeddings).embeddings.create({ model: "bge-small-en-v1.5", input: ["one", "two"] });
    expect(data.map(({ index }) => index)).toEqual([0, 1]);
    expect(Math.hypot(...(data[0]?.embedding ?? []))).toBeCloseTo(1, 4);
  });
});

async function readToEnd(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

function languageModel(id: string): ReturnType<ReturnType<typeof createOpenAICompatible>> {
  return createOpenAICompatible({ name: "edge-ai", baseURL: `${chat.url}/v1`, apiKey: KEY })(id);
}

describe("the AI SDK", () => {
  it("gets an answer, and the same as a stream", async () => {
    const { text } = await generateText({ model: languageModel(model), messages, maxRetries: 0 });
    const stream = streamText({ model: languageModel(model), messages, maxRetries: 0 });
    expect(await stream.text).toBe(text);
    expect(await stream.finishReason).toBe("stop");
  });

  it("sees an error, and not a clean end, when a stream is cut", async () => {
    const errors: unknown[] = [];
    const stream = streamText({
      model: languageModel(CUT),
      messages,
      maxRetries: 0,
      onError: ({ error }) => void errors.push(error),
    });
    await stream.consumeStream();
    expect(errors).toHaveLength(1);
    expect(await Promise.resolve(stream.finishReason).catch(() => "error")).not.toBe("stop");
  });
});
