// What the route cannot show of lib/llama.ts: a load that fails, and what a sequence still knows of whom.
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ChatRequest } from "../../templates/app/lib/chat-request.ts";
import { prepare, type Answer } from "../../templates/app/lib/llama.ts";
import { promptTokensOf, writeGguf } from "../support/gguf.ts";

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
afterAll(() => fs.rm(dir, { recursive: true, force: true }));

async function answer(caller: string): Promise<Answer> {
  const { signal } = new AbortController();
  const prepared = await prepare(dir, messages, caller, signal);
  return prepared.run(REQUEST, signal, () => undefined);
}

it("tries again to load a model that could not be loaded", async () => {
  await expect(answer("a")).rejects.toThrow("model.gguf");
  await fs.writeFile(path.join(dir, "model.gguf"), "<html>not a model</html>");
  await expect(answer("a")).rejects.toThrow("magic");
  await writeGguf(path.join(dir, "model.gguf"));
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
