import { HttpError, route } from "../lib/http.ts";
import { callSelf } from "../lib/self.ts";

const ROUTE = "/api/embeddings";
/** The first loads the model; code that has just been loaded is slow for a few calls more. */
const CALLS = 5;

/** Makes the embeddings function load its model, by a small request to it. */
export default route(["GET", "POST"], async (request) => {
  const started = performance.now();
  for (let call = 0; call < CALLS; call++) {
    const response = await callSelf(request, ROUTE, { input: "warm up" });
    await response.arrayBuffer();
    if (!response.ok) throw new HttpError(502, "not_warmed", `${ROUTE} answered ${response.status}`);
  }
  const warmMs = Math.round(performance.now() - started);
  return Response.json({ version: 1, warmed: ROUTE, warmMs }, { headers: { "cache-control": "no-store" } });
});
