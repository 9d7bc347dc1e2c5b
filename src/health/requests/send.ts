import type { Dispatcher } from "undici";
import { messageOf } from "../../errors.ts";
import { judgeAnswer } from "./answer.ts";
import { exchange, type Exchange, type WireRequest } from "./exchange.ts";
import type { CompiledExpect } from "./expect.ts";
import { isCached, requestIdOf } from "./headers.ts";
import { loadPrices } from "../price.ts";
import type { Answer, StreamTimes } from "../samples.ts";
import { StreamReader } from "./stream.ts";

export { compileExpect } from "./expect.ts";

/** Bytes of bodies that came so far, of answers that are not complete too. */
export interface Traffic {
  bytes: number;
}

/**
 * Sends a probe's request and judges the answer. Never rejects. Times are counted from `dueAt`: what was lost before sending is
 * latency too.
 * @param dueAt when it should have been sent (performance.now())
 * @param timeoutMs an answer that is not complete this long after `dueAt` is an error
 */
export async function send(
  { pool, traffic }: { pool: Dispatcher; traffic: Traffic },
  request: WireRequest,
  expect: CompiledExpect,
  dueAt: number,
  timeoutMs: number,
): Promise<Answer> {
  const reader = new StreamReader(expect.asksForStream);
  const result = await exchange(pool, request, dueAt + timeoutMs - performance.now(), (...piece) => {
    traffic.bytes += piece[0].length;
    reader.onData(...piece);
  });
  reader.end();
  const latencyMs = result.endAt - dueAt;
  const { cause, detail, usage } = judgedAnswer(result, expect, reader);
  // Here, so that whoever has usage figures can price them at once. The time was taken before.
  if (usage !== null) await loadPrices();
  const [firstContentAt] = reader.contentAt;
  return {
    cause,
    detail,
    requestId: requestIdOf(result.headers),
    latencyMs,
    firstTokenMs: firstContentAt === undefined ? latencyMs : firstContentAt - dueAt,
    bytes: result.bytes,
    isCached: isCached(result.headers),
    usage,
    stream: reader.isStream ? streamTimes(reader, result, dueAt) : null,
  };
}

/** An answer that cannot even be judged, like JSON that is nested 100,000 deep, is a bad one, and no reason to stop. */
function judgedAnswer(...given: Parameters<typeof judgeAnswer>): ReturnType<typeof judgeAnswer> {
  try {
    return judgeAnswer(...given);
  } catch (error) {
    return { cause: "assertion", detail: `the answer cannot be read: ${messageOf(error)}`, usage: null };
  }
}

function streamTimes(reader: StreamReader, { headersAt, firstByteAt }: Exchange, dueAt: number): StreamTimes {
  return {
    headersMs: headersAt - dueAt,
    firstByteMs: firstByteAt - dueAt,
    contentMs: reader.contentAt.map((at) => at - dueAt),
    outputTokens: reader.outputTokens,
  };
}
