import { modelId } from "../lib/app.ts";
import { parseClassify } from "../lib/classify-request.ts";
import { answerHeaders } from "../lib/chain.ts";
import { labelAsker, type AskLabel } from "../lib/ask-label.ts";
import { labels as table } from "../lib/labels.ts";
import { modelRoute } from "../lib/model-route.ts";
import { reachTargets } from "../lib/reach.ts";

const MAX_INPUTS = 32;
const CONCURRENCY = 4;

/**
 * `{ input: string | string[], labels?: string[] }` → for each text the label that the chat model chooses. It says no
 * scores: a number that such a model writes down is not measured anywhere.
 */
export default modelRoute(async (call) => {
  const { texts, labels } = parseClassify(call.body, MAX_INPUTS);
  const chosen = await askForEach(texts, labelAsker(call, labels ?? Object.keys(table), table));
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

/** A label for each text, in order, with a bounded number of requests under way. The first failure ends it. */
async function askForEach(texts: readonly string[], ask: AskLabel): Promise<string[]> {
  const chosen: string[] = [];
  const queue = [...texts.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, text] = next;
      chosen[index] = await ask(text);
    }
  };
  try {
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
  } finally {
    queue.length = 0;
  }
  return chosen;
}
