// A server that is as bad as a test says, from one moment to the next.
import { json, startApp } from "../unit/health/app.ts";

export interface Script {
  latencyMs: number;
  /** Of 4 requests so many fail. */
  badOf4: number;
  /** What an answer says it used. */
  outputTokens: number;
  isDown: boolean;
  /** The next so many requests fail, whatever else is said. */
  badNext: number;
}

export const fine: Script = { latencyMs: 0, badOf4: 0, outputTokens: 10, isDown: false, badNext: 0 };

export async function startScripted(): Promise<{ url: string; script: Script } & AsyncDisposable> {
  const script = { ...fine };
  const { url, stop } = await startApp(
    (_request, response, n) => {
      setTimeout(() => {
        const isBlip = script.badNext-- > 0;
        if (script.isDown || isBlip || n % 4 < script.badOf4) return json(response, { error: "no" }, 500);
        const usage = { prompt_tokens: 10, completion_tokens: script.outputTokens };
        return json(response, { model: "gpt-5-mini", usage });
      }, script.latencyMs);
    },
    (_request, response) => {
      const document = { version: 1, status: "ok", buildId: "b1", modelId: "m", mode: "local", task: "embeddings" };
      return script.isDown ? json(response, { error: "down" }, 500) : json(response, document);
    },
  );
  return { url, script, [Symbol.asyncDispose]: stop };
}
