// Functions like those of the template, which fail as a test wants.
import type { FakeProvider } from "../../src/fake-provider/server.ts";
import type { Answer } from "./playground-server.ts";

/** What the chat wants for the message "with key". */
export const KEY = "key-of-a-test";
/** What the chat answers to the message "trick". */
const TRICK = '<img src="/stolen" onerror="document.title=\'stolen\'"> **bold** `code`\n```js\nconst a = 1;\n```\nend';

/** `/api/health` of an app with this task. */
export function health(task: string): Answer {
  return () =>
    Response.json({ version: 1, status: "ok", buildId: "abc123", modelId: "main-model", mode: "external", task });
}

/** One route for each pane. A chat message `fault:<name>` brings that fault of the provider to the page as it is. */
export function playgroundFunctions(provider: FakeProvider) {
  return {
    "/api/chat": postOnly(async (request) => {
      const body = (await request.json()) as { messages: { content: string }[] };
      const message = body.messages.at(-1)?.content ?? "";
      const headers = { "x-ai-target": "main", "x-ai-attempts": "2" };
      if (message === "with key" && request.headers.get("authorization") !== `Bearer ${KEY}`)
        return refuse(401, "invalid_api_key", "send an API key of this app");
      if (message === "trick")
        return Response.json({ choices: [{ message: { content: TRICK }, finish_reason: "stop" }] }, { headers });
      const model = message.startsWith("fault:") ? message : "main-model";
      const answer = await ask(provider, "/chat/completions", { ...body, model }, request.signal);
      const kept = ["content-type", "retry-after"].map((name) => [name, answer.headers.get(name) ?? ""]);
      return new Response(answer.body, {
        status: answer.status,
        headers: { ...headers, ...Object.fromEntries(kept.filter(([, value]) => value !== "")) },
      });
    }),

    "/api/embeddings": postOnly(async (request) => {
      const body = (await request.json()) as { input: string[] };
      const model = body.input[0] === "fault" ? "fault:bad-request" : "embedding-model";
      return ask(provider, "/embeddings", { ...body, model }, request.signal);
    }),

    "/api/classify": postOnly(async (request) => {
      const { labels } = (await request.json()) as { labels?: string[] };
      const scores = [
        { label: "negative", score: 0.09 },
        { label: "positive", score: 0.91 },
      ];
      const scored = { label: "positive", score: 0.91, scores };
      const best = labels === undefined ? scored : { label: labels[0], score: null, scores: null };
      return Response.json({ object: "list", model: "main-model", data: [{ index: 0, ...best }] });
    }),
  } satisfies Record<string, Answer>;
}

/** An image that is ready at the second look, and a list of the methods that it was asked with. */
export function imageFunction(): { calls: string[]; answer: Answer } {
  const calls: string[] = [];
  const status_url = "http://the-app-behind-a-proxy.example/api/image?id=1";
  const answer: Answer = (request) => {
    if (request.method === "OPTIONS") return refuse(405, "method_not_allowed", "use POST");
    const isSecondLook = request.method === "GET" && calls.at(-1) === "GET";
    calls.push(request.method);
    if (request.method === "DELETE") return Response.json({ status: "cancelled" });
    if (request.method === "POST")
      return Response.json({ id: "1", status_url, cancel_url: status_url }, { status: 202 });
    if (isSecondLook) return Response.json({ created: 1, data: [{ url: "/icon.svg" }] });
    return Response.json({ id: "1", status: "queued", status_url }, { status: 202 });
  };
  return { calls, answer };
}

function postOnly(answer: Answer): Answer {
  return (request) => (request.method === "POST" ? answer(request) : refuse(405, "method_not_allowed", "use POST"));
}

function ask(provider: FakeProvider, path: string, body: object, signal: AbortSignal): Promise<Response> {
  return fetch(provider.baseUrl + path, {
    method: "POST",
    headers: { authorization: "Bearer fake" },
    body: JSON.stringify(body),
    signal,
  });
}

function refuse(status: number, code: string, message: string): Response {
  return Response.json({ error: { code, message, type: "invalid_request_error", param: null } }, { status });
}
