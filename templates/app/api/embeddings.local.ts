import { modelDir, modelId } from "../lib/app.ts";
import { embed, OverloadedError, type Embeddings } from "../lib/embedder.ts";
import { HttpError } from "../lib/http.ts";
import { modelRoute } from "../lib/model-route.ts";

const MAX_INPUTS = 256;
const MAX_CHARACTERS = 32_768;

/** OpenAI's `/v1/embeddings`: `{ input: string | string[], encoding_format?: "float" | "base64" }`. */
export default modelRoute(async (call) => {
  const { texts, base64 } = parse(call.body);
  const { vectors, tokens } = await embedOr503(texts, call.signal);
  call.facts.promptTokens = tokens;
  return Response.json({
    object: "list",
    data: vectors.map((vector, index) => ({
      object: "embedding",
      index,
      embedding: base64 ? toBase64(vector) : Array.from(vector),
    })),
    model: modelId,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
});

function parse(body: Record<string, unknown>): { texts: string[]; base64: boolean } {
  const { model, input, encoding_format: format = "float", dimensions } = body;
  if (model !== undefined && model !== modelId) {
    throw new HttpError(404, "model_not_found", `this app serves the model ${modelId}, not ${JSON.stringify(model)}`);
  }
  if (format !== "float" && format !== "base64") {
    throw new HttpError(400, "invalid_encoding_format", "encoding_format has to be float or base64");
  }
  if (dimensions !== undefined) {
    throw new HttpError(
      400,
      "unsupported_dimensions",
      "this model has a fixed number of dimensions: leave dimensions out",
    );
  }
  return { texts: parseInput(input), base64: format === "base64" };
}

function parseInput(input: unknown): string[] {
  const texts: unknown[] = Array.isArray(input) ? input : [input];
  if (texts.length === 0 || texts.length > MAX_INPUTS) {
    throw new HttpError(
      400,
      "invalid_input",
      `input has to hold 1 to ${MAX_INPUTS} texts, not ${texts.length}; /api/batch takes more`,
    );
  }
  return texts.map((text, index) => {
    if (typeof text !== "string" || text === "") {
      const what =
        typeof text === "number" || Array.isArray(text)
          ? "tokens are not supported, send text"
          : "it has to be a text that is not empty";
      throw new HttpError(400, "invalid_input", `input ${index}: ${what}`);
    }
    if (text.length > MAX_CHARACTERS) {
      throw new HttpError(
        400,
        "input_too_long",
        `input ${index} has ${text.length} characters, over the limit of ${MAX_CHARACTERS}`,
      );
    }
    return text;
  });
}

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
