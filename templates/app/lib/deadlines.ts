// create-edge-ai 0.1.0
/** A timer that is set for longer than 2^31 ms fires at once. */
const MAX_TIMER_MS = 2_147_483_647;

/**
 * How long things may take, in ms since the call arrived unless it says otherwise. Read once. No provider documents a
 * limit that would do: these are ours (November 2026), chosen so that a caller who waits 10 s has an answer or knows why not.
 */
export const deadlines = {
  /**
   * To the first content, and to all labels of a classification: queueing, all targets, retries and waits. A model that
   * thinks in silence needs more.
   */
  firstContentMs: read(process.env.AI_FIRST_CONTENT_MS, 10_000),
  /** To an answer of a chat that is not streamed: its first byte is its last. */
  answerMs: read(process.env.AI_ANSWER_MS, 60_000),
  /** Between two pieces of content of a stream. */
  idleMs: read(process.env.AI_IDLE_MS, 15_000),
  /** To the end of a stream. Below the `maxDuration` of vercel.json: the platform would cut it without a word. */
  totalMs: read(process.env.AI_TOTAL_MS, 290_000),
} as const;

function read(text: string | undefined, defaultMs: number): number {
  const ms = Number(text);
  return ms > 0 ? Math.min(ms, MAX_TIMER_MS) : defaultMs;
}
