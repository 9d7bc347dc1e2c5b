// Sends chats in a closed loop: each lane asks again when it has its answer. Told by messages what to send, and where.
import { Pool } from "undici";
import { loadOrder, type LoadReport } from "./protocol.ts";

/** Every question is another one, so that nothing can be answered from a cache. */
let questions = 0;
const FIRST_CONTENT = { sse: /"content":"[^"]/, text: /\S/ };

process.on("message", (message) => {
  void send(message).then((report) => process.send?.(report));
});
process.on("disconnect", () => process.exit());
process.send?.({ url: "" });

async function send(message: unknown): Promise<LoadReport> {
  const { url, lanes, seconds, form } = loadOrder.parse(message);
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: lanes });
  const totalMs: number[] = [];
  const firstContentMs: number[] = [];
  const startedMs = performance.now();
  const lane = async (): Promise<void> => {
    while (performance.now() - startedMs < seconds * 1e3) {
      const one = await ask(pool, pathname, form);
      totalMs.push(one.totalMs);
      firstContentMs.push(one.firstContentMs);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const tookMs = performance.now() - startedMs;
  await pool.close();
  return { requests: totalMs.length, perSecond: (totalMs.length * 1e3) / tookMs, totalMs, firstContentMs };
}

/** @throws Error when the answer is not a whole one: then there is nothing to compare */
async function ask(
  pool: Pool,
  path: string,
  form: "sse" | "text",
): Promise<{ totalMs: number; firstContentMs: number }> {
  const startedMs = performance.now();
  const { statusCode, body } = await pool.request({
    path,
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer bench-key" },
    body: JSON.stringify({
      model: "main-model",
      messages: [{ role: "user", content: `Answer in at most twenty words: what is behind door ${++questions}?` }],
      stream: true,
      // With it the cache takes part: it looks for the answer, records it, and keeps it.
      temperature: 0,
      max_tokens: 64,
    }),
  });
  let text = "";
  let firstContentMs: number | null = null;
  for await (const chunk of body) {
    text += String(chunk);
    if (firstContentMs === null && FIRST_CONTENT[form].test(text)) firstContentMs = performance.now() - startedMs;
  }
  const isWhole = form === "sse" ? text.trimEnd().endsWith("data: [DONE]") : text.split(" ").length === 20;
  if (statusCode !== 200 || firstContentMs === null || !isWhole)
    throw new Error(`not an answer: ${statusCode} ${text}`);
  return { totalMs: performance.now() - startedMs, firstContentMs };
}
