import { modelDir, modelId } from "../lib/app.ts";
import { classify, OverloadedError, UnknownLabelsError, type Classes } from "../lib/classifier.ts";
import { parseClassify, type ClassifyRequest } from "../lib/classify-request.ts";
import { HttpError } from "../lib/http.ts";
import { labels as table } from "../lib/labels.ts";
import { modelRoute } from "../lib/model-route.ts";
import { servedHere } from "../lib/served-here.ts";

const MAX_INPUTS = 256;

/**
 * `{ input: string | string[], labels?: string[] }` → for each text the best label, and the scores of all of them. Scores
 * order labels; they are not calibrated: 0.9 does not mean that it is right nine times out of ten.
 */
export default modelRoute(async (call) => {
  const request = parseClassify(call.body, MAX_INPUTS);
  const { texts, tokens } = await classifyOrRefuse(request, call.signal);
  call.facts.promptTokens = tokens;
  return Response.json(
    {
      object: "list",
      model: modelId,
      data: texts.map((scores, index) => ({ index, label: scores[0]?.label, score: scores[0]?.score, scores })),
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    },
    { headers: servedHere(call) },
  );
});

async function classifyOrRefuse({ texts, labels }: ClassifyRequest, signal: AbortSignal): Promise<Classes> {
  try {
    return await classify(modelDir, texts, labels, table, signal);
  } catch (error) {
    if (error instanceof OverloadedError) {
      throw new HttpError(503, "overloaded", error.message, { "retry-after": "1" });
    }
    if (error instanceof UnknownLabelsError) throw new HttpError(400, "unknown_labels", error.message);
    throw error;
  }
}
