// What the route cannot show of lib/llama.ts: a load that fails, and what a sequence still knows of whom.
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { ChatRequest } from "../../templates/app/lib/chat-request.ts";
import { prepare, PromptTooLongError, type Answer } from "../../templates/app/lib/llama.ts";
import { promptTokensOf, writeGguf } from "../support/gguf.ts";

/** Large enough for a text that is counted in slices and fits. Read when the module is loaded: set before that. */
const CONTEXT_TOKENS = vi.hoisted(() => {
  process.env.LLAMA_CONTEXT_TOKENS = "8192";
  return 8_192;
});

const REQUEST: ChatRequest = {
  messages: [],
  isStream: false,
  includeUsage: false,
  maxTokens: 4,
  temperature: 0,
  topP: 1,
  seed: 1,
  stop: [],
};
const messages = [{ role: "user" as const, content: "Which way is it to the station?" }];

let dir: string;
beforeAll(async () => {
  dir = await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-llama-"));
});
afterAll(() => {
  delete process.env.LLAMA_CONTEXT_TOKENS;
  return fs.rm(dir, { recursive: true, force: true });
});

async function answer(caller: string): Promise<Answer> {
  const { signal } = new AbortController();
  const prepared = await prepare(dir, messages, caller, signal);
  return prepared.run(REQUEST, signal, () => undefined);
}

it("tries again to load a model that could not be loaded", async () => {
  await expect(answer("a")).rejects.toThrow("model.gguf");
  await fs.writeFile(path.join(dir, "model.gguf"), "<html>not a model</html>");
  await expect(answer("a")).rejects.toThrow("magic");
  await writeGguf(path.join(dir, "model.gguf"), { contextTokens: CONTEXT_TOKENS });
  expect((await answer("a")).reason).toBe("length");
});

it("uses what it still knows for the same caller only", async () => {
  const prompt = promptTokensOf([messages[0]?.content ?? ""]);
  expect((await answer("b")).usage.cachedTokens).toBe(0);
  expect((await answer("b")).usage).toEqual({ promptTokens: prompt, cachedTokens: prompt - 1, completionTokens: 4 });
  expect((await answer("c")).usage.cachedTokens).toBe(0);
});

it("gives the sequence back when the engine fails", async () => {
  const { signal } = new AbortController();
  for (let time = 0; time < 5; time++) {
    const prepared = await prepare(dir, messages, "a", signal);
    const broken = { ...REQUEST, stop: [Symbol("no text") as unknown as string] };
    await expect(prepared.run(broken, signal, () => undefined)).rejects.toThrow("iterable");
  }
  expect((await answer("a")).reason).toBe("length");
});

describe("a prompt that is far too long", () => {
  const { signal } = new AbortController();
  const refusal = (contents: string[]): Promise<unknown> => {
    const long = contents.map((content) => ({ role: "user" as const, content }));
    return prepare(dir, long, "a", signal).catch((error: unknown) => error);
  };

  // Counting its tokens takes minutes: this test would time out.
  it("is refused before its tokens are counted", async () => {
    const error = await refusal(["<|user|></s>".repeat(1_000_000 / 12)]);
    expect(error).toBeInstanceOf(PromptTooLongError);
    expect(String(error)).toContain("999996 characters");
  });

  it("is refused for its messages too, if they are empty", async () => {
    const error = await refusal(Array.from({ length: 100_000 }, () => ""));
    expect(error).toBeInstanceOf(PromptTooLongError);
    expect(String(error)).toContain("100000 messages");
  });

  it("is counted no further than it takes to know that", async () => {
    expect(String(await refusal(["<|user|></s>".repeat(2_600)]))).toContain("far more tokens");
    expect(String(await refusal(Array.from({ length: 8 }, () => "</s>".repeat(1_000))))).toContain("far more tokens");
  });

  it("is not one that has many characters, and fits", async () => {
    const content = "x".repeat(CONTEXT_TOKENS - promptTokensOf([""]) - 4);
    const prepared = await prepare(dir, [{ role: "user", content }], "a", signal);
    expect(prepared.promptTokens).toBe(CONTEXT_TOKENS - 4);
    await prepared.run(REQUEST, signal, () => undefined);
  });
});
