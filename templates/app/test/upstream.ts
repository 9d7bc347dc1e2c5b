import { listen, type App } from "./serve.ts";

/** What the endpoint of these tests was asked. */
export interface Upstream extends App {
  bodies: { model: string; stream?: boolean }[];
  /** Answers with this status until it is null again. */
  fail: number | null;
}

/** An endpoint in OpenAI's wire format on this machine, and the environment that makes the functions use it. */
export async function startUpstream(): Promise<Upstream> {
  const upstream: Upstream = {
    bodies: [],
    fail: null,
    ...(await listen(async (request) => {
      if (request.method === "GET") return Response.json({ object: "list", data: [] });
      const body = (await request.json()) as { model: string; stream?: boolean; input?: string | string[] };
      upstream.bodies.push(body);
      if (upstream.fail !== null) return Response.json({ error: { message: "no" } }, { status: upstream.fail });
      if (request.url.endsWith("/embeddings")) return Response.json(embeddings(body.model, [body.input ?? []].flat()));
      return body.stream === true ? stream(body.model) : Response.json(completion(body.model));
    })),
  };
  Object.assign(process.env, { AI_BASE_URL: `${upstream.url}/v1`, AI_API_KEY: "test" });
  return upstream;
}

function completion(model: string): object {
  const message = { role: "assistant", content: "good" };
  const usage = { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 };
  return {
    id: "1",
    object: "chat.completion",
    created: 0,
    model,
    choices: [{ index: 0, message, finish_reason: "stop" }],
    usage,
  };
}

function stream(model: string): Response {
  const chunk = (delta: object, finish_reason: string | null = null): string =>
    `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", created: 0, model, choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  const text = [
    chunk({ role: "assistant", content: "" }),
    chunk({ content: "go" }),
    chunk({ content: "od" }),
    chunk({}, "stop"),
  ];
  return new Response(`${text.join("")}data: [DONE]\n\n`, { headers: { "content-type": "text/event-stream" } });
}

function embeddings(model: string, inputs: string[]): object {
  const data = inputs.map((text, index) => ({ object: "embedding", index, embedding: [text.length, 1] }));
  return { object: "list", data, model, usage: { prompt_tokens: inputs.length, total_tokens: inputs.length } };
}
