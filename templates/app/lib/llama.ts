// create-edge-ai 0.1.0
/**
 * Text generation with llama.cpp inside the function. Its work runs in threads of its own: loading weights, reading a
 * prompt and writing do not block the event loop, so that other requests of the instance are answered meanwhile. Importing
 * the package and understanding the chat template do, for some 0.3 s each, once per instance (November 2026).
 */
import { randomInt } from "node:crypto";
import path from "node:path";
import type { ChatHistoryItem, ChatWrapper, LlamaChat, LlamaContextSequence, LlamaModel } from "node-llama-cpp";
import type { ChatMessage, ChatRequest } from "./chat-request.ts";
import type { FinishReason, Piece, Usage } from "./completion.ts";
import { Pool } from "./pool.ts";
import { reportOn } from "./reports.ts";

export { PoolFullError } from "./pool.ts";

/** Prompt and answer together. Memory: a token is 23 KB (SmolLM2-135M) to 115 KB (Qwen3-0.6B), times SEQUENCES. */
const CONTEXT_TOKENS = Number(process.env.LLAMA_CONTEXT_TOKENS || 2_048);
/** Answers written at once: they share the cores. Others wait for their turn, not many and not for long. */
const SEQUENCES = Number(process.env.LLAMA_SEQUENCES || 2);
const MAX_WAITING = Number(process.env.LLAMA_MAX_WAITING || 4);
/** The wait is part of the 10 s to the first content that a caller is promised at most; reading the prompt needs the rest. */
const MAX_WAIT_MS = Number(process.env.LLAMA_MAX_WAIT_MS || 5_000);
/** A sequence forgets a conversation that nobody goes on with. */
const FORGET_AFTER_MS = 60_000;
/**
 * llama.cpp's threads wait for each other by spinning: more of them than cores makes everything slow. A function has one vCPU
 * unless the project's settings say otherwise (Vercel, 2026-06-19), and asking the system counts more.
 */
const THREADS = Number(process.env.LLAMA_THREADS || 1);
const FILE = "model.gguf";
/**
 * More characters than this for a token do not fit, whatever they are: English has about 4, and only long runs of spaces or
 * dashes are worth more. Looked at before tokens are counted: that blocks the event loop, for a time that grows with the
 * square of a text's length. Of what looks like markers, 32,000 characters took 0.1 s and 130,000 1.4 s (November 2026).
 */
const MAX_CHARACTERS_PER_TOKEN = 16;
/** For the same reason a text is first counted in slices, and no further than to where it is clear that it is too long. */
const SLICE_CHARACTERS = 4_096;

export class PromptTooLongError extends Error {}
/** The model's chat template does not take these messages, in this order. */
export class UnfitMessagesError extends Error {}

export interface Answer {
  reason: FinishReason | "aborted";
  usage: Usage;
}

/** A prompt that fits and has a sequence to itself: the answer can begin. `run` has to be called, it gives the sequence back. */
export interface Prepared {
  promptTokens: number;
  /** Writes the answer piece by piece. Ends soon after `signal` is aborted; a failure of the engine is thrown. */
  run(request: ChatRequest, signal: AbortSignal, onPiece: (piece: Piece) => void): Promise<Answer>;
}

/** Part of the context that one answer uses at a time. It still knows the last conversation, which saves a follow-up the reading. */
interface Sequence {
  native: LlamaContextSequence;
  caller: string | null;
  forget: NodeJS.Timeout | undefined;
}

interface Engine {
  model: LlamaModel;
  wrapper: ChatWrapper;
  contextTokens: number;
  pool: Pool<Sequence>;
  Chat: typeof LlamaChat;
}

let loading: Promise<Engine> | undefined;
let loaded: Engine | undefined;
reportOn("llama", () => ({
  isLoaded: loaded !== undefined,
  contextTokens: loaded?.contextTokens ?? null,
  busy: loaded === undefined ? 0 : SEQUENCES - loaded.pool.free,
  waiting: loaded?.pool.waiting ?? 0,
}));

/**
 * Gets ready to answer: the model (the first call loads it; after a failure the next one tries again), then the prompt,
 * then a free sequence.
 * @param caller who asks: what a sequence still knows is used for the same caller only
 * @throws UnfitMessagesError, PromptTooLongError, PoolFullError, the reason of `signal`, or why the model cannot be loaded
 */
export async function prepare(
  modelDir: string,
  messages: readonly ChatMessage[],
  caller: string,
  signal: AbortSignal,
): Promise<Prepared> {
  const engine = await load(modelDir);
  refuseFarTooLong(messages, engine);
  const history = historyOf(messages);
  const promptTokens = countTokens(engine, history);
  if (promptTokens >= engine.contextTokens) {
    throw new PromptTooLongError(
      `the messages have ${promptTokens} tokens, and at most ${engine.contextTokens - 1} fit with an answer`,
    );
  }
  const sequence = await engine.pool.take(signal, (free) => free.caller === caller);
  clearTimeout(sequence.forget);
  return {
    promptTokens,
    async run(request, runSignal, onPiece) {
      try {
        if (sequence.caller !== caller) await sequence.native.clearHistory();
        sequence.caller = caller;
        return await generate(engine, sequence.native, { history, promptTokens, request }, runSignal, onPiece);
      } finally {
        sequence.forget = forgetLater(sequence);
        engine.pool.give(sequence);
      }
    },
  };
}

function load(modelDir: string): Promise<Engine> {
  loading ??= loadEngine(modelDir).then(
    (engine) => (loaded = engine),
    (error: unknown) => {
      loading = undefined;
      throw error;
    },
  );
  return loading;
}

async function loadEngine(modelDir: string): Promise<Engine> {
  const { getLlama, LlamaChat: Chat, LlamaLogLevel, resolveChatWrapper } = await import("node-llama-cpp");
  // Nothing is downloaded or compiled in a function: the binary comes with the package.
  const llama = await getLlama({
    // For Macs the package brings no binary without Metal.
    gpu: process.platform === "darwin" ? "auto" : false,
    build: "never",
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.error,
    maxThreads: THREADS,
  });
  try {
    const model = await llama.loadModel({ modelPath: path.join(modelDir, FILE) });
    const contextTokens = Math.min(CONTEXT_TOKENS, model.trainContextSize);
    const context = await model.createContext({ contextSize: contextTokens, sequences: SEQUENCES, threads: THREADS });
    const sequences = Array.from({ length: SEQUENCES }, () => ({
      native: context.getSequence(),
      caller: null,
      forget: undefined,
    }));
    return {
      model,
      wrapper: resolveChatWrapper(model),
      contextTokens,
      pool: new Pool<Sequence>(sequences, { waiting: MAX_WAITING, waitMs: MAX_WAIT_MS }),
      Chat,
    };
  } catch (error) {
    await llama.dispose();
    throw error;
  }
}

interface Job {
  history: ChatHistoryItem[];
  promptTokens: number;
  request: ChatRequest;
}

async function generate(
  { Chat, wrapper, contextTokens }: Engine,
  sequence: LlamaContextSequence,
  { history, promptTokens, request }: Job,
  signal: AbortSignal,
  onPiece: (piece: Piece) => void,
): Promise<Answer> {
  const before = sequence.tokenMeter.getState();
  const usage = (): Usage => {
    const { usedInputTokens, usedOutputTokens } = sequence.tokenMeter.diff(before);
    return {
      promptTokens,
      // The last token of a prompt is always read, and counts as the beginning of the answer.
      cachedTokens: Math.max(0, promptTokens - 1 - usedInputTokens),
      completionTokens: usedOutputTokens,
    };
  };
  const chat = new Chat({ contextSequence: sequence, chatWrapper: wrapper, autoDisposeSequence: false });
  try {
    const { metadata } = await chat.generateResponse(history, {
      signal,
      stopOnAbortSignal: true,
      // Room is left so that the engine never drops the beginning of a conversation to go on writing.
      maxTokens: Math.min(request.maxTokens ?? Infinity, contextTokens - promptTokens),
      temperature: request.temperature,
      topP: request.topP,
      seed: request.seed ?? randomInt(2 ** 32),
      customStopTriggers: request.stop,
      repeatPenalty: false,
      onResponseChunk: ({ type, text }) => onPiece(type === "segment" ? { reasoning: text } : { content: text }),
    });
    if (metadata.stopReason === "abort") return { reason: "aborted", usage: usage() };
    return { reason: metadata.stopReason === "maxTokens" ? "length" : "stop", usage: usage() };
  } catch (error) {
    if (signal.aborted) return { reason: "aborted", usage: usage() };
    throw error;
  } finally {
    chat.dispose({ disposeSequence: false });
  }
}

/** Whoever takes the sequence before clears the timer. */
function forgetLater(sequence: Sequence): NodeJS.Timeout {
  return setTimeout(() => {
    sequence.caller = null;
    void sequence.native.clearHistory();
  }, FORGET_AFTER_MS).unref();
}

function historyOf(messages: readonly ChatMessage[]): ChatHistoryItem[] {
  return messages.map(({ role, content }) =>
    role === "assistant" ? { type: "model", response: [content] } : { type: role, text: content },
  );
}

/** Ends soon, whatever the messages are. What it lets pass may still be too long by a little. */
function refuseFarTooLong(messages: readonly ChatMessage[], { model, contextTokens }: Engine): void {
  const characters = messages.reduce((sum, { content }) => sum + content.length, 0);
  // Each message counts as a token: the template writes a marker for it, and that takes time too.
  if (messages.length + characters / MAX_CHARACTERS_PER_TOKEN > contextTokens) {
    const found = `${messages.length} messages with ${characters} characters`;
    throw new PromptTooLongError(`${found} are too long: at most ${contextTokens - 1} tokens fit with an answer`);
  }
  let tokens = 0;
  for (const { content } of messages) {
    for (let at = 0; at < content.length; at += SLICE_CHARACTERS) {
      // A cut makes a few tokens out of one, at most as many as that has characters.
      if (at > 0) tokens -= MAX_CHARACTERS_PER_TOKEN;
      tokens += model.tokenize(content.slice(at, at + SLICE_CHARACTERS)).length;
      if (tokens <= contextTokens) continue;
      throw new PromptTooLongError(
        `the messages have far more tokens than the ${contextTokens - 1} that fit with an answer`,
      );
    }
  }
}

/** Tokens of the prompt as the model's chat template writes it, up to where the answer begins. */
function countTokens({ model, wrapper }: Engine, history: readonly ChatHistoryItem[]): number {
  const chatHistory: ChatHistoryItem[] = [...history, { type: "model", response: [] }];
  try {
    return wrapper.generateContextState({ chatHistory }).contextText.tokenize(model.tokenizer).length;
  } catch (cause) {
    throw new UnfitMessagesError("the model's chat template does not take these messages", { cause });
  }
}
