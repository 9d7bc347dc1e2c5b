// create-edge-ai 0.1.0
const submitMs = milliseconds(process.env.IMAGE_SUBMIT_MS, 10_000);

/** Milliseconds. Read once from the environment. */
export const imageLimits = {
  /** From arrival until the job is accepted, or refused. */
  submitMs,
  /** One question to the queue: how is the job, stop the job. */
  askMs: Math.ceil(Math.min(5_000, submitMs)),
  /** From arrival until a caller who waits is told to come back. Below `maxDuration` of vercel.json. */
  waitMs: milliseconds(process.env.IMAGE_WAIT_MS, 50_000),
};

function milliseconds(text: string | undefined, otherwise: number): number {
  const value = Number(text);
  return value > 0 ? value : otherwise;
}
