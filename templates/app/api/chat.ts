import { readChatAnswer } from "../lib/answer.ts";
import { modelId } from "../lib/app.ts";
import type { Call } from "../lib/call.ts";
import { answerHeaders, ask } from "../lib/chain.ts";
import { deadlines } from "../lib/deadlines.ts";
import { HttpError, isRecord } from "../lib/http.ts";
import { modelRoute } from "../lib/model-route.ts";
import { reachTargets } from "../lib/reach.ts";
import { openRelay } from "../lib/relay.ts";
import { targets, type Target } from "../lib/targets.ts";

/**
 * What of a request is passed on, untouched. Yours to change. What is not here is refused: gateways also take `models`,
 * `api_base` or `fallbacks`, and with those a caller could choose where your key and their text go, or what it costs
 * (`service_tier`), or keep it there (`store`).
 */
const FIELDS: ReadonlySet<string> = new Set(
  [
    "model messages stream stream_options max_tokens max_completion_tokens n stop seed user safety_identifier metadata",
    "temperature top_p frequency_penalty presence_penalty logit_bias logprobs top_logprobs prompt_cache_key prediction",
    "tools tool_choice parallel_tool_calls functions function_call response_format reasoning_effort verbosity",
    "modalities audio",
    // Not OpenAI's, but of most open servers.
    "top_k min_p repetition_penalty",
  ].flatMap((names) => names.split(" ")),
);

/** OpenAI's `/v1/chat/completions`, from the first target that serves it. */
export default modelRoute(async (call) => {
  checkBody(call.body);
  const order = { path: "/chat/completions", targets: targetsFor(call.body["model"]) } as const;
  const { stream, stream_options: asked, n } = call.body;
  if (stream !== true) {
    const body = ({ model }: Target): object => ({ ...call.body, model });
    const answer = await ask(call, { ...order, body, budgetMs: deadlines.answerMs, read: readChatAnswer });
    return new Response(answer, { headers: headersOf("application/json", call) });
  }
  const hidesUsage = !isRecord(asked) || asked["include_usage"] !== true;
  const relayed = await ask(call, {
    ...order,
    budgetMs: deadlines.firstContentMs,
    // The figures are for the log, also when the caller does not want them.
    body: ({ model, streamUsage = true }) => ({
      ...call.body,
      model,
      ...(streamUsage && { stream_options: { ...(isRecord(asked) && asked), include_usage: true } }),
    }),
    read: (response, attempt) => openRelay(response, attempt, { choices: typeof n === "number" ? n : 1, hidesUsage }),
  });
  return new Response(relayed, { headers: headersOf("text/event-stream; charset=utf-8", call) });
}, reachTargets);

/** A proxy that compresses would hold tokens back: hence no-transform. */
function headersOf(type: string, call: Call): Record<string, string> {
  return { "content-type": type, "cache-control": "no-store, no-transform", ...answerHeaders(call) };
}

function checkBody(body: Record<string, unknown>): void {
  const { messages, stream, stream_options: streamOptions, n } = body;
  const unknown = Object.keys(body).find((field) => !FIELDS.has(field));
  if (unknown !== undefined) {
    throw new HttpError(
      400,
      "unsupported_parameter",
      `this app does not pass ${JSON.stringify(unknown)} on: leave it out`,
    );
  }
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new HttpError(400, "invalid_messages", "messages has to be a list that is not empty");
  }
  const broken = messages.findIndex((message: unknown) => !isRecord(message) || typeof message["role"] !== "string");
  if (broken !== -1)
    throw new HttpError(400, "invalid_messages", `messages[${broken}] has to be an object with a role`);
  if (stream !== undefined && stream !== null && typeof stream !== "boolean") {
    throw new HttpError(400, "invalid_stream", "stream has to be true or false");
  }
  if (streamOptions !== undefined && streamOptions !== null && !isRecord(streamOptions)) {
    throw new HttpError(400, "invalid_stream_options", "stream_options has to be an object");
  }
  if (n !== undefined && n !== null && (!Number.isInteger(n) || Number(n) < 1)) {
    throw new HttpError(400, "invalid_n", "n has to be a whole number from 1");
  }
}

/** Who asks for a model begins there; what comes after it in lib/targets.ts may stand in, what comes before it may not. */
function targetsFor(model: unknown): readonly Target[] {
  if (model === undefined || model === null || model === modelId) return targets;
  const index = targets.findIndex((target) => target.model === model);
  if (index !== -1) return targets.slice(index);
  const served = [...new Set([modelId, ...targets.map((target) => target.model)])].join(", ");
  throw new HttpError(404, "model_not_found", `this app serves ${served}, not ${JSON.stringify(model).slice(0, 100)}`);
}
