import * as z from "zod";
import type { Asked, SignalContext } from "../signals/asked.ts";
import { readVercelProject } from "../signals/vercel-project.ts";
import { askVercel } from "../signals/vercel-query.ts";

/** A rule of the platform's own, and the command that makes it. */
export interface AlertRulePlan {
  name: string;
  /** What Vercel tells about, in words. */
  about: string;
  state: "missing" | "exists";
  /** Relative to the project. */
  bodyFile: string;
  body: Readonly<Record<string, unknown>>;
  /** Arguments of `vercel`. */
  args: readonly string[];
}

const FOLDER = ".edge-ai/alert-rules";

/**
 * The built-in rules of `vercel alerts rules`: Vercel itself decides what is unusual. Bodies as its own schema command
 * prints them (in later versions than 58.4.4: `vercel alerts rules schema`); without the filter on a project a built-in rule
 * is about the whole team. Rules with a limit of one's own ("custom_alert") have to be enabled for a team, and are not made.
 */
const builtIn = [
  {
    key: "error-anomaly",
    about: "unusually many 5xx answers",
    alertTypes: [{ type: "error_anomaly", filter: "statusGroup eq '5xx'" }],
  },
  { key: "usage-anomaly", about: "unusual usage, and so cost", alertTypes: [{ type: "usage_anomaly" }] },
] as const;

const rulesSchema = z.looseObject({ rules: z.array(z.looseObject({ name: z.string().nullish() })) });

/** The rules of a project, and which of them exist by their names. Asks Vercel, and changes nothing. */
export async function planAlertRules(context: SignalContext): Promise<Asked<AlertRulePlan[]>> {
  const project = await readVercelProject(context);
  if ("missing" in project) return project;
  const { id, name, scope } = project.value;
  const listed = await askVercel(context, () => ["alerts", "rules", "ls", "--project", id, "--json"], rulesSchema);
  if ("missing" in listed) return listed;
  const names = new Set(listed.value.rules.map((rule) => rule.name));
  return {
    value: rulesOf(id, name, scope).map((rule) => (names.has(rule.name) ? { ...rule, state: "exists" } : rule)),
  };
}

/** Pure: the rules of a project as if none existed. */
function rulesOf(projectId: string, projectName: string, scope: string | null): AlertRulePlan[] {
  return builtIn.map(({ key, about, alertTypes }) => {
    const name = `edge-ai ${projectName}: ${key}`;
    const bodyFile = `${FOLDER}/${key}.json`;
    return {
      name,
      about,
      state: "missing",
      bodyFile,
      body: { name, projectId: `projectId eq '${projectId}'`, alertTypes },
      args: [
        "alerts",
        "rules",
        "add",
        "--project",
        projectId,
        "--body",
        bodyFile,
        "--json",
        ...(scope === null ? [] : ["--scope", scope]),
      ],
    };
  });
}
