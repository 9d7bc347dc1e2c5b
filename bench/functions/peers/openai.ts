import OpenAI from "openai";

const client = new OpenAI({
  baseURL: process.env["AI_BASE_URL"] ?? "",
  apiKey: process.env["AI_API_KEY"] ?? "",
  maxRetries: 0,
});
const encoder = new TextEncoder();

/** Reads the stream with the SDK and writes it again, each chunk as it comes. */
const handler = {
  async fetch(request: Request): Promise<Response> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the bench sends it itself
    const body = (await request.json()) as OpenAI.ChatCompletionCreateParamsStreaming;
    const chunks = await client.chat.completions.create(body, { signal: request.signal });
    return new Response(ReadableStream.from(eventsOf(chunks)), { headers: { "content-type": "text/event-stream" } });
  },
};

async function* eventsOf(chunks: AsyncIterable<OpenAI.ChatCompletionChunk>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield encoder.encode(`data: ${JSON.stringify(chunk)}\n\n`);
  yield encoder.encode("data: [DONE]\n\n");
}

export default handler;
