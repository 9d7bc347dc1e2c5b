// create-edge-ai 0.1.0
import { modelId } from "./app.ts";
import { HttpError } from "./http.ts";

export interface ClassifyRequest {
  texts: string[];
  /** What the caller wants to tell apart; null to leave it to the app. */
  labels: string[] | null;
}

const MAX_CHARACTERS = 32_768;
const MAX_LABELS = 100;
const MAX_LABEL_CHARACTERS = 200;

/**
 * Checks the body of /api/classify: `{ input: string | string[], labels?: string[], model? }`.
 * @param maxInputs how many texts one request may bring
 * @throws HttpError 400 or 404 for what the caller has to change
 */
export function parseClassify(body: Record<string, unknown>, maxInputs: number): ClassifyRequest {
  const { model, input, labels } = body;
  if (model !== undefined && model !== modelId) {
    throw new HttpError(404, "model_not_found", `this app serves the model ${modelId}, not ${JSON.stringify(model)}`);
  }
  return { texts: parseTexts(input, maxInputs), labels: labels === undefined ? null : parseLabels(labels) };
}

function parseTexts(input: unknown, maxInputs: number): string[] {
  const texts: unknown[] = Array.isArray(input) ? input : [input];
  if (texts.length === 0 || texts.length > maxInputs) {
    throw new HttpError(400, "invalid_input", `input has to hold 1 to ${maxInputs} texts, not ${texts.length}`);
  }
  return texts.map((text, index) => {
    if (typeof text !== "string" || text.trim() === "") {
      throw new HttpError(400, "invalid_input", `input ${index}: it has to be a text that is not empty`);
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

function parseLabels(labels: unknown): string[] {
  if (!Array.isArray(labels) || labels.length < 2 || labels.length > MAX_LABELS || !labels.every(isLabel)) {
    throw new HttpError(
      400,
      "invalid_labels",
      `labels has to be a list of 2 to ${MAX_LABELS} texts of at most ${MAX_LABEL_CHARACTERS} characters`,
    );
  }
  if (new Set(labels).size < labels.length) throw new HttpError(400, "invalid_labels", "a label is in the list twice");
  return labels;
}

function isLabel(label: unknown): label is string {
  return typeof label === "string" && label.trim() !== "" && label.length <= MAX_LABEL_CHARACTERS;
}
