import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage } from "node:http";
import { printError } from "./print-error.ts";
import { requestUrl } from "./request-url.ts";

/** What `waitUntil` of @vercel/functions finds. */
interface RequestContext {
  waitUntil(promise: Promise<unknown>): void;
  headers: Record<string, string>;
  url: string;
}

const storage = new AsyncLocalStorage<RequestContext>();
const pending = new Set<Promise<unknown>>();

/** Offers the request context where @vercel/functions looks for it. */
export function installContext(): void {
  const value = { get: () => storage.getStore() };
  Object.defineProperty(globalThis, Symbol.for("@vercel/request-context"), { value, configurable: true });
}

/** Runs a handler so that its `waitUntil` belongs to this request. */
export function withContext<T>(req: IncomingMessage, run: () => T): T {
  const context: RequestContext = {
    waitUntil: keepOpen,
    get headers() {
      return Object.fromEntries(Object.entries(req.headers).map(([name, value]) => [name, String(value)]));
    },
    get url() {
      return requestUrl(req);
    },
  };
  return storage.run(context, run);
}

/** Resolves when every promise given to `keepOpen` or `waitUntil` has settled, also those added meanwhile. */
export async function openWork(): Promise<void> {
  while (pending.size > 0) await Promise.allSettled(pending);
}

/** Keeps the process from being stopped, within limits, until this has settled. */
export function keepOpen(promise: Promise<unknown>): void {
  const settled = Promise.resolve(promise)
    .catch(printError)
    .finally(() => pending.delete(settled));
  pending.add(settled);
}
