import { modelId } from "../lib/app.ts";
import { answerHeaders, ask } from "../lib/chain.ts";
import { deadlines } from "../lib/deadlines.ts";
import { parseEmbeddings } from "../lib/embeddings-request.ts";
import { modelRoute } from "../lib/model-route.ts";
import { reachTargets } from "../lib/reach.ts";
import { targets } from "../lib/targets.ts";
import { readVectors } from "../lib/vectors.ts";

/**
 * Vectors of different models cannot be compared: a stand-in for one call would spoil every search over what is stored.
 * So only targets with the same model as the first one are asked, for instance another host of it.
 */
const sameSpace = targets.filter(({ model }) => model === targets[0]?.model);

/** OpenAI's `/v1/embeddings`: `{ input: string | string[], encoding_format?: "float" | "base64", dimensions? }`. */
export default modelRoute(async (call) => {
  const asked = parseEmbeddings(call.body, [modelId, ...sameSpace.map(({ model }) => model)]);
  const { dimensions } = call.body;
  const { vectors, tokens } = await ask(call, {
    path: "/embeddings",
    targets: sameSpace,
    budgetMs: deadlines.firstContentMs,
    body: ({ model }) => ({
      model,
      input: asked.texts,
      encoding_format: asked.isBase64 ? "base64" : "float",
      ...(dimensions !== undefined && { dimensions }),
    }),
    read: (response, attempt) => readVectors(response, attempt, asked),
  });
  const data = vectors.map((embedding, index) => ({ object: "embedding", index, embedding }));
  return Response.json(
    { object: "list", data, model: modelId, usage: { prompt_tokens: tokens, total_tokens: tokens } },
    { headers: { "cache-control": "no-store", ...answerHeaders(call) } },
  );
}, reachTargets);
