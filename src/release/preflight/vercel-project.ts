import picomatch from "picomatch";
import * as z from "zod";
import { CliError } from "../../errors.ts";
import type { ApiProject } from "../../targets/vercel/answers.ts";
import { hasLogin } from "../../targets/vercel/login.ts";
import type { VercelTarget } from "../../targets/vercel/vercel.ts";
import { readNeededEnv, ENV_EXAMPLE } from "../needed-env.ts";
import { defineCheck, type Problem } from "./check.ts";
import { planProblems } from "./vercel-plan.ts";
import type { Project } from "./project.ts";

/** What only Vercel can tell: whether the staged deployment can be reached, and will find its variables and limits. */
export const vercelProjectCheck = defineCheck("Vercel project", async (project): Promise<Problem[]> => {
  const { targetName, vercel, io } = project;
  if (targetName !== "vercel" || vercel === null) return [];
  if (!hasLogin(io)) return [unasked("what only Vercel knows was", "there is no token", LOGIN_HINT)];
  return asking("the project's settings, variables and plan were", async () => {
    const found = await vercel.project.read();
    if (found === null) return [];
    return [
      ...protection(found, io.env["VERCEL_AUTOMATION_BYPASS_SECRET"]),
      ...rollingRelease(found),
      ...gitDeployments(found, project),
      ...(await asking("the project's variables were", () => missingEnv(project, vercel))),
      ...(await asking("the limits of the plan were", async () => planProblems(project, await vercel.project.plan()))),
    ];
  });
});

const LOGIN_HINT = "set VERCEL_TOKEN, or run vercel login";

/** What could not be asked is said, and takes nothing else with it: a deploy that needs an answer will fail by itself. */
async function asking(what: string, ask: () => Promise<Problem[]>): Promise<Problem[]> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof CliError && (error.code === "NO_ACCESS" || error.code === "PLATFORM"))
      return [unasked(what, error.message, error.hint ?? "run it again")];
    throw error;
  }
}

function unasked(what: string, why: string, hint: string): Problem {
  return { level: "warning", message: `${what} not checked: ${why}`, hint };
}

/** The one kind that lets staged production deployments through (vercel.com/docs/deployment-protection, 2026-03-04). */
const PREVIEWS_ONLY = "preview";

function protection(project: ApiProject, secret: string | undefined): Problem[] {
  const { ssoProtection, passwordProtection, trustedIps } = project;
  const all = [ssoProtection, passwordProtection, trustedIps].flatMap((one) => one?.deploymentType ?? []);
  const type = all.find((one) => one !== PREVIEWS_ONLY) ?? all[0];
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
  if (link === undefined || link === null || !deploysPushes(vercelJson?.["git"], link.productionBranch)) return [];
  const message = "the project is connected to Git: Vercel itself deploys every push, past the gate";
  return [{ level: "warning", message, hint: 'add "git": { "deploymentEnabled": false } to vercel.json' }];
}

/** One value for all branches, or one for each pattern: https://vercel.com/docs/project-configuration/git-configuration (2025-12-19). */
const gitSchema = z.looseObject({ deploymentEnabled: z.union([z.boolean(), z.record(z.string(), z.boolean())]) });

/** A branch that no pattern names is deployed, and so is one of whose patterns a single one says so. */
function deploysPushes(git: unknown, productionBranch = "main"): boolean {
  const { deploymentEnabled: enabled = true } = gitSchema.safeParse(git).data ?? {};
  if (typeof enabled === "boolean") return enabled;
  const rules = Object.entries(enabled).filter(([pattern]) => picomatch.isMatch(productionBranch, pattern));
  return rules.length === 0 || rules.some(([, value]) => value);
}

async function missingEnv({ dir, environment }: Project, vercel: VercelTarget): Promise<Problem[]> {
  const { required } = await readNeededEnv(dir);
  if (required.length === 0) return [];
  const present = new Set(await vercel.project.envNames(environment, required));
  const missing = required.filter((name) => !present.has(name));
  if (missing.length === 0) return [];
  return [
    {
      level: "error",
      message: `variables of ${ENV_EXAMPLE} that ${environment} does not have: ${missing.join(", ")}`,
      hint: `vercel env add ${missing[0]} ${environment} (edge-ai env check lists them all)`,
    },
  ];
}
