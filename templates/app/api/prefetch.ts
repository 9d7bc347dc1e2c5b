import { task } from "../lib/app.ts";
import { checkCron } from "../lib/cron.ts";
import { HttpError, isRecord, route } from "../lib/http.ts";
import { callSelf } from "../lib/self.ts";

/**
 * Makes the function that asks the model ready for its first call: its code is loaded, and connections to the targets are
 * open. By a request to it, since it is an instance of its own; which of several instances that is, the platform decides.
 * 200 when the first target lets us in, else 502. Spends no tokens.
 */
export default route(["GET", "POST"], async (request) => {
  checkCron(request);
  const path = `/api/${task}`;
  const response = await callSelf(request, `${path}?warm=1`, null);
  const report: unknown = await response.json().catch(() => null);
  if (!isRecord(report) || !("targets" in report)) {
    throw new HttpError(502, "not_warmed", `${path} answered ${response.status}`);
  }
  return Response.json(
    { ...report, warmed: path },
    { status: response.status, headers: { "cache-control": "no-store" } },
  );
});
