import { task } from "../lib/app.ts";
import { checkCron } from "../lib/cron.ts";
import { HttpError, route } from "../lib/http.ts";
import { callSelf } from "../lib/self.ts";

const ROUTE = `/api/${task}`;
/** The first loads the model; code that has just been loaded is slow for a few calls more. */
const CALLS = 5;
/** Two answers in a row that were faster than this: it was warm before, or is now. */
const WARM_MS = 50;
/** Below the 60 s that this function may take, see vercel.json. */
const MAX_MS = 55_000;
const bodies: Readonly<Record<string, object>> = {
  chat: { messages: [{ role: "user", content: "warm up" }], max_tokens: 1 },
};

/**
 * Whoever asks more often gets the last answer: it is not a way to keep the model busy, nor to use up the first key's rate
 * limit (60 a minute, if nobody has changed it). A failure is tried again earlier.
 */
const EVERY_MS = 60_000;
const EVERY_MS_AFTER_FAILURE = 5_000;
let last: { startMs: number; everyMs: number; warmMs: Promise<number> } | undefined;

/**
 * Makes the function that has the model load it, by small requests to it, with the first key of APP_API_KEYS. Everybody may
 * ask for that as long as no CRON_SECRET is set.
 */
export default route(["GET", "POST"], async (request) => {
  checkCron(request);
  if (last === undefined || performance.now() - last.startMs > last.everyMs) {
    const current = { startMs: performance.now(), everyMs: EVERY_MS, warmMs: warm(request) };
    current.warmMs.catch(() => (current.everyMs = EVERY_MS_AFTER_FAILURE));
    last = current;
  }
  const warmMs = await last.warmMs;
  return Response.json({ version: 1, warmed: ROUTE, warmMs }, { headers: { "cache-control": "no-store" } });
});

async function warm(request: Request): Promise<number> {
  const ownKey = process.env.APP_API_KEYS?.split(",")[0]?.trim() || null;
  // Not the caller's signal: others wait for the same, and one who leaves must not take it from them.
  const how = { noStore: true, signal: AbortSignal.timeout(MAX_MS) };
  const started = performance.now();
  for (let call = 0, quick = 0; call < CALLS && quick < 2; call++) {
    const sentMs = performance.now();
    const response = await callSelf(request, ROUTE, bodies[task] ?? { input: "warm up" }, ownKey, how);
    await response.arrayBuffer();
    if (!response.ok) throw new HttpError(502, "not_warmed", `${ROUTE} answered ${response.status}`);
    quick = performance.now() - sentMs < WARM_MS ? quick + 1 : 0;
  }
  return Math.round(performance.now() - started);
}
