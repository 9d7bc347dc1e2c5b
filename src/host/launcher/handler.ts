import { pathToFileURL } from "node:url";
import { withHelpers } from "./node-helpers.ts";
import type { Listener } from "./serve.ts";
import { createWebListener, HTTP_METHODS, type WebHandlers } from "./web.ts";

/**
 * Imports a function's module, ESM or CommonJS, and finds out what kind of handler it has: first web handlers
 * (`GET`, `POST`, …, `fetch`), then a Node.js `(req, res)` function. The order and the five rounds are Vercel's
 * (serverless-handler.mts of @vercel/node).
 */
export async function loadListener(file: string, shouldAddHelpers: boolean): Promise<Listener> {
  let listener: unknown = await import(pathToFileURL(file).href);
  for (let round = 0; round < 5; round++) listener = defaultOf(listener) ?? listener;
  const handlers = webHandlers(listener);
  if (Object.keys(handlers).length > 0) return createWebListener(handlers);
  if (isFunction(listener)) {
    // An Express app is a function with `listen`, and brings its own helpers.
    const plain = !shouldAddHelpers || "listen" in listener;
    return plain ? (req, res) => listener(req, res) : withHelpers(listener);
  }
  throw new Error("Can't detect way to handle request");
}

/** `fetch` takes every method; a named method wins over it. */
function webHandlers(listener: unknown): WebHandlers {
  const handlers: WebHandlers = {};
  for (const method of HTTP_METHODS) {
    const handler = memberOf(listener, method) ?? memberOf(listener, "fetch");
    if (isFunction(handler)) handlers[method] = handler;
  }
  return handlers;
}

function defaultOf(module: unknown): unknown {
  return memberOf(module, "default");
}

function memberOf(value: unknown, key: string): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  return Reflect.get(value, key);
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === "function";
}
