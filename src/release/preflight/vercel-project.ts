import { CliError } from "../../errors.ts";
import { hasLogin } from "../../targets/vercel/login.ts";
import type { ApiProject } from "../../targets/vercel/answers.ts";
import type { VercelTarget } from "../../targets/vercel/vercel.ts";
import { readNeededEnv, ENV_EXAMPLE } from "../needed-env.ts";
import { defineCheck, type Problem } from "./check.ts";
import { planProblems } from "./vercel-plan.ts";
import type { Project } from "./project.ts";

/** What only Vercel can tell: whether the staged deployment can be reached, and will find its variables and limits. */
export const vercelProjectCheck = defineCheck("Vercel project", async (project): Promise<Problem[]> => {
  const { targetName, vercel, io } = project;
  if (targetName !== "vercel" || vercel === null) return [];
  if (!hasLogin(io)) return [unasked("there is no token", "set VERCEL_TOKEN, or run vercel login")];
  try {
    const found = await vercel.project();
    if (found === null) return [];
    return [
      ...protection(found, io.env["VERCEL_AUTOMATION_BYPASS_SECRET"]),
      ...rollingRelease(found),
      ...gitDeployments(found, project),
      ...(await missingEnv(project, vercel)),
      ...planProblems(project, await vercel.plan()),
    ];
  } catch (error) {
    if (error instanceof CliError && (error.code === "NO_ACCESS" || error.code === "PLATFORM"))
      return [unasked(error.message, error.hint ?? "run it again")];
    throw error;
  }
});

function unasked(why: string, hint: string): Problem {
  return { level: "warning", message: `what only Vercel knows was not checked: ${why}`, hint };
}

/** The kind that lets staged production deployments through and stops previews only. */
const PREVIEWS_ONLY = "preview";

function protection({ ssoProtection, passwordProtection }: ApiProject, secret: string | undefined): Problem[] {
  const type = ssoProtection?.deploymentType ?? passwordProtection?.deploymentType;
  if (type === undefined || (secret !== undefined && secret !== "")) return [];
  const hint =
    "set VERCEL_AUTOMATION_BYPASS_SECRET to the project's secret (Settings, Deployment Protection, Protection Bypass for Automation)";
  const message = `deployment protection is on (${type}), and there is no secret that lets the health check through`;
  if (type === PREVIEWS_ONLY) return [{ level: "warning", message: `${message}: previews cannot be measured`, hint }];
  return [{ level: "error", message, hint, code: "PROTECTED" }];
}

function rollingRelease({ rollingRelease: rolling }: ApiProject): Problem[] {
  if (rolling === undefined || rolling === null) return [];
  const message = "rolling releases are on: a promotion would move a part of production only, and could not be watched";
  return [{ level: "error", message, hint: "switch them off in the project's settings", code: "PLATFORM" }];
}

/** A push would go to production at once, past every gate. */
function gitDeployments({ link }: ApiProject, { vercelJson }: Project): Problem[] {
  const git = vercelJson?.["git"];
  const isOff =
    typeof git === "object" && git !== null && "deploymentEnabled" in git && git.deploymentEnabled === false;
  if (link === undefined || link === null || isOff) return [];
  const message = "the project is connected to Git: Vercel itself deploys every push, past the gate";
  return [{ level: "warning", message, hint: 'add "git": { "deploymentEnabled": false } to vercel.json' }];
}

async function missingEnv({ dir }: Project, vercel: VercelTarget): Promise<Problem[]> {
  const { required } = await readNeededEnv(dir);
  if (required.length === 0) return [];
  const present = new Set(await vercel.envNames("production"));
  const missing = required.filter((name) => !present.has(name));
  if (missing.length === 0) return [];
  return [
    {
      level: "error",
      message: `variables of ${ENV_EXAMPLE} that production does not have: ${missing.join(", ")}`,
      hint: `vercel env add ${missing[0]} production (edge-ai env check lists them all)`,
    },
  ];
}
