import { task } from "../lib/app.ts";
import { checkCron } from "../lib/cron.ts";
import { HttpError, route } from "../lib/http.ts";
import { callSelf } from "../lib/self.ts";

const ROUTE = `/api/${task}`;
/** The first loads the model; code that has just been loaded is slow for a few calls more. */
const CALLS = 5;
const bodies: Readonly<Record<string, object>> = {
  chat: { messages: [{ role: "user", content: "warm up" }], max_tokens: 1 },
};

/** Whoever asks more often gets the last answer: it is not a way to keep the model busy. */
const EVERY_MS = 5_000;
let last: { atMs: number; warmMs: Promise<number> } | undefined;

/**
 * Makes the function that has the model load it, by small requests to it, with the first key of APP_API_KEYS. Everybody may
 * ask for that as long as no CRON_SECRET is set.
 */
export default route(["GET", "POST"], async (request) => {
  checkCron(request);
  if (last === undefined || performance.now() - last.atMs > EVERY_MS) {
    last = { atMs: performance.now(), warmMs: warm(request) };
    last.warmMs.catch(() => (last = undefined));
  }
  const warmMs = await last.warmMs;
  return Response.json({ version: 1, warmed: ROUTE, warmMs }, { headers: { "cache-control": "no-store" } });
});

async function warm(request: Request): Promise<number> {
  const ownKey = process.env.APP_API_KEYS?.split(",")[0]?.trim() || null;
  const started = performance.now();
  for (let call = 0; call < CALLS; call++) {
    const response = await callSelf(request, ROUTE, bodies[task] ?? { input: "warm up" }, ownKey);
    await response.arrayBuffer();
    if (!response.ok) throw new HttpError(502, "not_warmed", `${ROUTE} answered ${response.status}`);
  }
  return Math.round(performance.now() - started);
}
