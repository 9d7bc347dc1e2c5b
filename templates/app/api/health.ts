import { buildId, mode, modelId, task } from "../lib/app.ts";
import { isRecord, route } from "../lib/http.ts";
import { callSelf } from "../lib/self.ts";

/**
 * Who is answering. Touches nothing: a model that cannot be loaded shows on its own route, not here. `?deep=1` also asks the
 * function that has the model how one of its instances is, with the caller's key, and is 503 when that does not answer.
 */
export default route(["GET", "HEAD"], async (request) => {
  const isDeep = request.method === "GET" && new URL(request.url).searchParams.get("deep") === "1";
  const deep = isDeep ? await askDeep(request) : null;
  return Response.json(
    {
      version: 1,
      status: deep === null || deep.isOk ? "ok" : "degraded",
      buildId,
      modelId,
      mode,
      task,
      ...deep?.routes,
    },
    { status: deep?.status ?? 200, headers: { "cache-control": "no-store" } },
  );
});

async function askDeep(request: Request): Promise<{ isOk: boolean; status: number; routes: object }> {
  const path = `/api/${task}`;
  const response = await callSelf(request, `${path}?deep=1`, null).catch(() => null);
  const report: unknown = await response?.json().catch(() => null);
  const isOk = response?.ok === true && isRecord(report);
  // Who may not know is told so, and not that the model is sick.
  const isRefused = response?.status === 401 || response?.status === 403;
  return {
    isOk,
    status: isOk ? 200 : isRefused ? response.status : 503,
    routes: { routes: { [path]: isRecord(report) ? report : { error: { code: "no_report" } } } },
  };
}
