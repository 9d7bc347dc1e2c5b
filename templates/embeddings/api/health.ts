import { buildId, mode, modelId, task } from "../lib/app.ts";
import { route } from "../lib/http.ts";

/** Who is answering. Touches nothing: a model that cannot be loaded shows on its own route, not here. */
export default route(["GET", "HEAD"], () =>
  Response.json(
    { version: 1, status: "ok", buildId, modelId, mode, task },
    { headers: { "cache-control": "no-store" } },
  ),
);
