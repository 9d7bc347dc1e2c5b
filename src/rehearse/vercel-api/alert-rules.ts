import * as z from "zod";
import { ApiError } from "./api-error.ts";
import { ok, readJson, type Handler } from "./call.ts";
import { findProject } from "./project.ts";
import { newAlertRule, type AlertRule } from "./traffic.ts";

/** As `vercel alerts rules schema` of later versions prints it: built-in rules, of the whole team or with a filter. */
const ruleSchema = z.looseObject({
  name: z.string().min(1),
  projectId: z.string().optional(),
  alertTypes: z
    .array(z.strictObject({ type: z.enum(["error_anomaly", "usage_anomaly"]), filter: z.string().optional() }))
    .min(1),
});

export const listAlertRules: Handler = (platform, { query, teamId }) => {
  const project = query.get("projectId");
  const ofTeam = platform.alertRules.filter((rule) => rule.teamId === teamId);
  return ok(ofTeam.filter((rule) => project === null || isAbout(rule, project)).map(ruleJson));
};

export const addAlertRule: Handler = async (platform, call) => {
  const project = call.query.get("projectId");
  if (project !== null) findProject(platform, project, call.teamId);
  const body = await readJson(call, ruleSchema);
  if ("id" in body || "teamId" in body)
    throw new ApiError(400, "bad_request", "`id` and `teamId` are not yours to give");
  const rule = newAlertRule(call.teamId, body);
  platform.alertRules.push(rule);
  return { status: 201, body: ruleJson(rule) };
};

/** A rule is about a project by its id, or by a filter that names it. */
function isAbout({ body }: AlertRule, project: string): boolean {
  const about = body["projectId"];
  return about === project || about === `projectId eq '${project}'`;
}

function ruleJson({ id, teamId, body }: AlertRule): object {
  return { ...body, id, teamId, action: "trigger" };
}
