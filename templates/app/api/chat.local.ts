import { modelDir, modelId } from "../lib/app.ts";
import type { Call } from "../lib/call.ts";
import { parseChat, type ChatRequest } from "../lib/chat-request.ts";
import { Completion, DONE, event, type FinishReason, type Piece, type Usage } from "../lib/completion.ts";
import { deadlines } from "../lib/deadlines.ts";
import { errorBody, HttpError } from "../lib/http.ts";
import { PoolFullError, prepare, PromptTooLongError, UnfitMessagesError, type Prepared } from "../lib/llama.ts";
import { modelRoute } from "../lib/model-route.ts";
import { servedHere } from "../lib/served-here.ts";
import { callerLeft } from "../lib/caller-left.ts";

interface Job {
  call: Call;
  request: ChatRequest;
  prepared: Prepared;
  /** Of the answer: who serves it. */
  headers: Record<string, string>;
  /** Aborted when there is no time left. */
  isOver: AbortSignal;
}

interface Finished {
  reason: FinishReason;
  usage: Usage;
}

/** OpenAI's `/v1/chat/completions` from the model inside the function, as a stream or in one piece. */
export default modelRoute(async (call) => {
  const request = parseChat(call.body);
  const limitMs = request.isStream ? deadlines.totalMs : deadlines.answerMs;
  const isOver = AbortSignal.timeout(Math.max(0, Math.ceil(call.arrivedMs + limitMs - performance.now())));
  const prepared = await prepareOrRefuse(request, call);
  call.facts.promptTokens = prepared.promptTokens;
  const job = { call, request, prepared, isOver, headers: servedHere(call) };
  return request.isStream ? stream(job) : whole(job);
});

async function prepareOrRefuse({ messages }: ChatRequest, call: Call): Promise<Prepared> {
  try {
    return await prepare(modelDir, messages, call.caller, call.signal);
  } catch (error) {
    if (call.signal.aborted) throw callerLeft();
    if (error instanceof PromptTooLongError) throw new HttpError(400, "context_length_exceeded", error.message);
    if (error instanceof UnfitMessagesError) throw new HttpError(400, "invalid_messages", error.message);
    if (error instanceof PoolFullError) throw new HttpError(503, "overloaded", error.message, { "retry-after": "5" });
    console.error(error);
    throw new HttpError(503, "model_unavailable", "the model cannot be loaded", { "retry-after": "5" });
  }
}

async function whole(job: Job): Promise<Response> {
  const pieces: Piece[] = [];
  const { reason, usage } = await answer(job, job.call.signal, (piece) => pieces.push(piece));
  return Response.json(new Completion(modelId).document(pieces, reason, usage), { headers: job.headers });
}

function stream(job: Job): Response {
  const { call, request, headers } = job;
  call.isStreaming = true;
  const reader = new AbortController();
  const hasLeft = AbortSignal.any([call.signal, reader.signal]);
  const completion = new Completion(modelId);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (text: string): void => {
        if (!hasLeft.aborted) controller.enqueue(encoder.encode(text));
      };
      try {
        send(completion.first());
        const { reason, usage } = await answer(job, hasLeft, (piece) => send(completion.piece(piece)));
        send(completion.last(reason));
        if (request.includeUsage) send(completion.usage(usage));
        send(DONE);
      } catch (error) {
        // What is cut says so: an error event, and no [DONE].
        if (!(error instanceof HttpError)) console.error(error);
        call.facts.errorCode = error instanceof HttpError ? error.code : "internal_error";
        send(event(errorBody(error)));
      } finally {
        if (!hasLeft.aborted) controller.close();
        call.end();
      }
    },
    cancel: (reason) => reader.abort(reason),
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store", ...headers },
  });
}

/**
 * Lets the model write, and notes the figures of the call.
 * @throws HttpError 499 when the caller left, 504 when there was no time left
 */
async function answer(
  { call, request, prepared, isOver }: Job,
  hasLeft: AbortSignal,
  onPiece: (piece: Piece) => void,
): Promise<Finished> {
  const { reason, usage } = await prepared.run(request, AbortSignal.any([hasLeft, isOver]), (piece) => {
    call.facts.firstContentMs ??= performance.now() - call.arrivedMs;
    onPiece(piece);
  });
  call.facts.completionTokens = usage.completionTokens;
  if (reason !== "aborted") return { reason, usage };
  if (hasLeft.aborted) throw callerLeft();
  throw new HttpError(504, "answer_timeout", "the answer took too long and was cut");
}
