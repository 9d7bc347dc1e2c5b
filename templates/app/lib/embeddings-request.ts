// create-edge-ai 0.1.0
import { HttpError } from "./http.ts";

export interface EmbeddingsRequest {
  texts: string[];
  /** Vectors as base64 of 32-bit floats, little end first, instead of lists of numbers. */
  isBase64: boolean;
}

const MAX_INPUTS = 256;
const MAX_CHARACTERS = 32_768;

/**
 * Checks the body of OpenAI's `/v1/embeddings`: `{ input: string | string[], encoding_format?: "float" | "base64" }`.
 * @param models names by which the caller may ask for the model
 * @throws HttpError 400 or 404 for what the caller has to change
 */
export function parseEmbeddings(body: Record<string, unknown>, models: readonly string[]): EmbeddingsRequest {
  const { model, input, encoding_format: format = "float" } = body;
  if (model !== undefined && !models.some((known) => known === model)) {
    throw new HttpError(404, "model_not_found", `this app serves the model ${models[0]}, not ${JSON.stringify(model)}`);
  }
  if (format !== "float" && format !== "base64") {
    throw new HttpError(400, "invalid_encoding_format", "encoding_format has to be float or base64");
  }
  return { texts: parseInput(input), isBase64: format === "base64" };
}

function parseInput(input: unknown): string[] {
  const texts: unknown[] = Array.isArray(input) ? input : [input];
  if (texts.length === 0 || texts.length > MAX_INPUTS) {
    const found = `input has to hold 1 to ${MAX_INPUTS} texts, not ${texts.length}; /api/batch takes more`;
    throw new HttpError(400, "invalid_input", found);
  }
  return texts.map((text, index) => {
    if (typeof text !== "string" || text === "") {
      const isTokens = typeof text === "number" || Array.isArray(text);
      const what = isTokens ? "tokens are not supported, send text" : "it has to be a text that is not empty";
      throw new HttpError(400, "invalid_input", `input ${index}: ${what}`);
    }
    if (text.length > MAX_CHARACTERS) {
      const found = `input ${index} has ${text.length} characters, over the limit of ${MAX_CHARACTERS}`;
      throw new HttpError(400, "input_too_long", found);
    }
    return text;
  });
}
