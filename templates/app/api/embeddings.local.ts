import { modelDir, modelId } from "../lib/app.ts";
import { embed, OverloadedError, type Embeddings } from "../lib/embedder.ts";
import { parseEmbeddings } from "../lib/embeddings-request.ts";
import { HttpError } from "../lib/http.ts";
import { modelRoute } from "../lib/model-route.ts";
import { servedHere } from "../lib/served-here.ts";

/** OpenAI's `/v1/embeddings`: `{ input: string | string[], encoding_format?: "float" | "base64" }`. */
export default modelRoute(async (call) => {
  if (call.body["dimensions"] !== undefined) {
    const message = "this model has a fixed number of dimensions: leave dimensions out";
    throw new HttpError(400, "unsupported_dimensions", message);
  }
  const { texts, isBase64 } = parseEmbeddings(call.body, [modelId]);
  const { vectors, tokens } = await embedOr503(texts, call.signal);
  call.facts.promptTokens = tokens;
  return Response.json(
    {
      object: "list",
      data: vectors.map((vector, index) => ({
        object: "embedding",
        index,
        embedding: isBase64 ? toBase64(vector) : Array.from(vector),
      })),
      model: modelId,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    },
    { headers: servedHere(call) },
  );
});

async function embedOr503(texts: string[], signal: AbortSignal): Promise<Embeddings> {
  try {
    return await embed(modelDir, texts, signal);
  } catch (error) {
    if (!(error instanceof OverloadedError)) throw error;
    throw new HttpError(503, "overloaded", error.message, { "retry-after": "1" });
  }
}

function toBase64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}
