import type { Probe } from "../../config/schema.ts";
import type { Task } from "../../config/words.ts";
import type { WireRequest } from "./exchange.ts";

/** The route that says who is answering (interfaces: health document). */
export const HEALTH_PATH = "/api/health";

const common = { method: "POST", headers: {}, slo: {}, weight: 1 } as const;

/** What is asked of an app whose edge-ai.json has no probes: the shortest useful request of its task. */
export const builtInProbes: Record<Task, Probe> = {
  embeddings: {
    ...common,
    name: "embeddings",
    path: "/api/embeddings",
    body: { input: "How far is it to milestone {{n}}?" },
    expect: { status: 200, contentType: "application/json", json: { data: [{ embedding: ["number"] }] } },
  },
  classify: {
    ...common,
    name: "classify",
    path: "/api/classify",
    body: { input: "Order {{n}} came early and works well." },
    expect: { status: 200, contentType: "application/json", json: "object" },
  },
  chat: {
    ...common,
    name: "chat",
    path: "/api/chat",
    body: {
      stream: true,
      // Room for a word, and for models that say a little more: it is paid by the token.
      max_tokens: 32,
      messages: [{ role: "user", content: "Answer with one word: is {{n}} even or odd?" }],
    },
    // That the stream is whole and not empty is judged of every stream.
    expect: { status: 200, contentType: "text/event-stream" },
  },
  image: {
    ...common,
    name: "image",
    path: "/api/image",
    body: { prompt: "a milestone with the number {{n}}" },
    // The job is taken; the image comes later.
    expect: { status: 202, contentType: "application/json", json: { id: "string" } },
  },
};

/** The probe for a route without a body: any answer with status 200 is good. */
export function routeProbe(path: string): Probe {
  return { name: path, path, method: "GET", headers: {}, expect: { status: 200 }, slo: {}, weight: 1 };
}

/**
 * Makes the requests of a probe: `{{n}}` in its path, headers and body becomes the number of the request, so that no
 * cache on the way has seen it. Header names are compared in lower case; the probe's win over `headers`.
 * What has no `{{n}}` is made once, and shared: it must not be changed.
 */
export function requestMaker(probe: Probe, headers: Readonly<Record<string, string>>): (n: number) => WireRequest {
  const { method } = probe;
  const body = probe.body === undefined ? null : filler(JSON.stringify(probe.body));
  const path = filler(probe.path.replaceAll(/[^\x21-\x7e]+/gu, encodeURIComponent));
  const all = headerFiller({
    "user-agent": "edge-ai-healthcheck",
    ...(body === null ? {} : { "content-type": "application/json" }),
    ...lowerCase(headers),
    ...lowerCase(probe.headers),
  });
  return (n) => ({ method, path: path(n), headers: all(n), body: body === null ? null : body(n) });
}

function filler(template: string): (n: number) => string {
  const parts = template.split("{{n}}");
  return parts.length === 1 ? () => template : (n) => parts.join(String(n));
}

function headerFiller(headers: Record<string, string>): (n: number) => Record<string, string> {
  const numbered = Object.entries(headers).flatMap(([name, value]) =>
    value.includes("{{n}}") ? [[name, filler(value)] as const] : [],
  );
  if (numbered.length === 0) return () => headers;
  return (n) => ({ ...headers, ...Object.fromEntries(numbered.map(([name, fill]) => [name, fill(n)])) });
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/**
 * Which probe each request is for: by weight, spread evenly, the same on every run.
 * @returns the index of a probe for each of `count` requests
 */
export function probeOrder(weights: readonly number[], count: number): Uint16Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const sent = weights.map(() => 0);
  return Uint16Array.from({ length: count }, (_, i) => {
    const behind = weights.map((weight, probe) => (weight / total) * (i + 1) - (sent[probe] ?? 0));
    const next = behind.indexOf(Math.max(...behind));
    sent[next] = (sent[next] ?? 0) + 1;
    return next;
  });
}
