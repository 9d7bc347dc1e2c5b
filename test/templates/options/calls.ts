import { onTestFinished, vi } from "vitest";
import type { Call, Handle, Option } from "../../../templates/app/lib/call.ts";
import type { HttpError } from "../../../templates/app/lib/http.ts";

/** Each option as its module has it. */
const modules = {
  usage: async () => (await import("../../../templates/app/lib/usage.ts")).usage,
  auth: async () => (await import("../../../templates/app/lib/auth.ts")).auth,
  limits: async () => (await import("../../../templates/app/lib/limits.ts")).limits,
  rateLimit: async () => (await import("../../../templates/app/lib/rate-limit.ts")).rateLimit,
  cache: async () => (await import("../../../templates/app/lib/cache.ts")).cache,
  queue: async () => (await import("../../../templates/app/lib/queue.ts")).queue,
  batching: async () => (await import("../../../templates/app/lib/batching.ts")).batching,
} satisfies Record<string, () => Promise<Option>>;

/** The options' modules as a new instance has them, with only this environment. */
export async function load(env: Record<string, string> = {}) {
  vi.resetModules();
  vi.unstubAllEnvs();
  for (const name of SETTINGS) vi.stubEnv(name, env[name]);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { Call: CallClass } = await import("../../../templates/app/lib/call.ts");
  const http = await import("../../../templates/app/lib/http.ts");
  const { deepReport } = await import("../../../templates/app/lib/reports.ts");
  return {
    HttpError: http.HttpError,
    deepReport,
    option: (name: keyof typeof modules): Promise<Option> => modules[name](),
    callOf: (body: Record<string, unknown>, init: RequestInit = {}, path = "/api/chat"): Call =>
      new CallClass(new Request(`http://app.test${path}`, { method: "POST", ...init }), body),
  };
}

export type Instance = Awaited<ReturnType<typeof load>>;

/** What the options read: a test sees no value of the machine it runs on. */
const SETTINGS = [
  "APP_API_KEYS",
  "VERCEL_ENV",
  "KV_REST_API_URL",
  "KV_REST_API_TOKEN",
  "UPSTASH_REDIS_REST_URL",
  "UPSTASH_REDIS_REST_TOKEN",
  "RATE_LIMIT_PER_MINUTE",
  "RATE_LIMIT_BURST",
  "RATE_LIMIT_FAIL_CLOSED",
  "AI_BASE_URL",
  "AI_MODEL",
  "AI_SMALLER_MODEL",
  "LOCAL_BASE_URL",
];

/** Sends a call through options as `lib/model-route.ts` does. */
export async function pass(call: Call, options: readonly Option[], handle: Handle): Promise<Response> {
  const chain = options.reduceRight<Handle>((next, option) => (each) => option.run(each, next), handle);
  try {
    return await chain(call);
  } catch (error) {
    call.isStreaming = false;
    throw error;
  } finally {
    if (!call.isStreaming) call.end();
  }
}

/** The HttpError that a call is refused with. */
export async function refusal(answer: Promise<Response>): Promise<HttpError> {
  return answer.then(
    (response) => {
      throw new Error(`answered ${response.status}`);
    },
    (error: HttpError) => error,
  );
}

/** A model that streams: one event each time `next` is called, or all at once. It notices when it is aborted. */
export function streamingModel(events: readonly string[] = [event("one"), event("two"), DONE]) {
  const model = {
    calls: [] as Call[],
    aborted: 0,
    /** Set before the call: the events come one by one, when this is called. */
    isManual: false,
    step: (): void => {},
    handle: (async (call) => {
      model.calls.push(call);
      call.isStreaming = true;
      const left = [...events];
      let wake = withResolvers<void>();
      model.step = () => {
        wake.resolve();
      };
      let isOver = false;
      const over = (): void => {
        if (isOver) return;
        isOver = true;
        call.end();
      };
      call.signal.addEventListener("abort", () => {
        if (!isOver) model.aborted += 1;
        over();
        wake.resolve();
      });
      const body = new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            if (model.isManual) {
              await wake.promise;
              wake = withResolvers<void>();
            }
            const next = left.shift();
            if (next !== undefined && !call.signal.aborted) {
              controller.enqueue(new TextEncoder().encode(next));
              return;
            }
            call.facts.promptTokens = 7;
            call.facts.completionTokens = 3;
            over();
            controller.close();
          },
          cancel: over,
        },
        { highWaterMark: 0 },
      );
      call.facts.target = "main";
      call.facts.attempts = 1;
      return new Response(body, {
        headers: { "content-type": "text/event-stream", "x-ai-target": "main", "x-ai-attempts": "1" },
      });
    }) satisfies Handle,
  };
  return model;
}

export const DONE = "data: [DONE]\n\n";

export function event(content: string): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;
}

/** Lets everything that is ready happen. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** Promise.withResolvers, which our tests' library does not have yet. */
export function withResolvers<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
} {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
