import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { streamText, type ModelMessage } from "ai";

const provider = createOpenAICompatible({
  name: "upstream",
  baseURL: process.env["AI_BASE_URL"] ?? "",
  apiKey: process.env["AI_API_KEY"] ?? "",
});

interface Body {
  model: string;
  messages: ModelMessage[];
  temperature: number;
  max_tokens: number;
}

/** As the SDK's documentation does it, without retries, and with the caller's leaving passed on. */
const handler = {
  async fetch(request: Request): Promise<Response> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the bench sends it itself
    const { model, messages, temperature, max_tokens: maxOutputTokens } = (await request.json()) as Body;
    const result = streamText({
      model: provider.chatModel(model),
      messages,
      temperature,
      maxOutputTokens,
      maxRetries: 0,
      abortSignal: request.signal,
    });
    return result.toTextStreamResponse();
  },
};

export default handler;
