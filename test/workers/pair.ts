// Both runtimes of one app, and what is asked of them.
import OpenAI, { APIError } from "openai";
import { expect } from "vitest";
import type { FakeProvider } from "../../src/fake-provider/server.ts";
import { KEY, onHost, onWorkerd, type Runtime } from "./app.ts";

export const OTHER_KEY = "key-of-the-second-tenant";
export const VERSION = "5c9e7a8a-0000-4000-8000-0123456789ab";

export interface Pair {
  host: Runtime;
  worker: Awaited<ReturnType<typeof onWorkerd>>;
}

/** Builds an app for both, and serves it with the same variables. */
export async function serveBoth(dir: string, provider: FakeProvider, more: Record<string, string> = {}): Promise<Pair> {
  const env = {
    AI_BASE_URL: provider.baseUrl,
    AI_API_KEY: "key-of-the-provider",
    AI_FALLBACK_BASE_URL: provider.baseUrl,
    AI_FALLBACK_API_KEY: "key-of-the-provider",
    AI_FALLBACK_MODEL: "fault:error",
    APP_API_KEYS: `${KEY},${OTHER_KEY}`,
    CRON_SECRET: "secret-of-the-crons",
    RATE_LIMIT_BURST: "40",
    RATE_LIMIT_PER_MINUTE: "60",
    ...more,
  };
  return { host: await onHost(dir, env), worker: await onWorkerd(dir, env, VERSION) };
}

export async function closeBoth({ host, worker }: Pair): Promise<void> {
  await Promise.all([host.close(), worker.close()]);
}

/** The same question to both; their answers. */
export async function both<T>({ host, worker }: Pair, question: (runtime: Runtime) => Promise<T>): Promise<[T, T]> {
  return [await question(host), await question(worker)];
}

export function clientOf({ url }: Runtime, apiKey = KEY): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
}

/** What a client is told by an answer that is an error. */
export async function refusal(work: Promise<unknown>): Promise<object> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(APIError);
  const { status, code, type, message } = error as APIError;
  return { status, code, type, message };
}
