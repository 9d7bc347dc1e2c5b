import { modelId } from "../lib/app.ts";
import { parseClassify } from "../lib/classify-request.ts";
import { answerHeaders } from "../lib/chain.ts";
import { askLabels } from "../lib/ask-label.ts";
import { labels as table } from "../lib/labels.ts";
import { modelRoute } from "../lib/model-route.ts";
import { reachTargets } from "../lib/reach.ts";

const MAX_INPUTS = 32;

/**
 * `{ input: string | string[], labels?: string[] }` → for each text the label that the chat model chooses. It says no
 * scores: a number that such a model writes down is not measured anywhere.
 */
export default modelRoute(async (call) => {
  const { texts, labels } = parseClassify(call.body, MAX_INPUTS);
  const chosen = await askLabels(call, texts, labels ?? Object.keys(table), table);
  const { promptTokens, completionTokens } = call.facts;
  const [prompt_tokens, completion_tokens] = [promptTokens ?? 0, completionTokens ?? 0];
  return Response.json(
    {
      object: "list",
      model: modelId,
      data: chosen.map((label, index) => ({ index, label, score: null, scores: null })),
      usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
    },
    { headers: answerHeaders(call) },
  );
}, reachTargets);
