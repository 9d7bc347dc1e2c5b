import path from "node:path";
import * as z from "zod";
import { readJson } from "../../config/read.ts";
import type { Config } from "../../config/schema.ts";
import { CliError } from "../../errors.ts";
import type { Io } from "../../io.ts";

/** Which project of which team a folder goes to. */
export interface Link {
  /** Id or name. */
  project: string;
  /** Id or slug of the team; null: the token's default. */
  scope: string | null;
  /** False: no project is fixed yet, and staging makes one of that name. */
  isLinked: boolean;
}

const projectJson = z.looseObject({ projectId: z.string().min(1), orgId: z.string().min(1) });

/**
 * VERCEL_PROJECT_ID and VERCEL_ORG_ID, as in CI; else .vercel/project.json, which `vercel link` writes; else the names in
 * edge-ai.json. The team of edge-ai.json wins over that of the link.
 * @throws CliError BAD_CONFIG when only one of the two variables is set
 */
export async function readLink(env: Io["env"], dir: string, config: Pick<Config, "name" | "targets">): Promise<Link> {
  const named = config.targets.vercel;
  const { VERCEL_PROJECT_ID: projectId = "", VERCEL_ORG_ID: orgId = "" } = env;
  if ((projectId === "") !== (orgId === "")) {
    throw new CliError("BAD_CONFIG", `only ${projectId === "" ? "VERCEL_ORG_ID" : "VERCEL_PROJECT_ID"} is set`, {
      hint: "set VERCEL_ORG_ID and VERCEL_PROJECT_ID together, as .vercel/project.json has them, or neither",
    });
  }
  const fixed = projectId === "" ? await readProjectJson(dir) : { projectId, orgId };
  if (fixed === null) return { project: named?.project ?? config.name, scope: named?.scope ?? null, isLinked: false };
  return { project: fixed.projectId, scope: named?.scope ?? teamOf(fixed.orgId), isLinked: true };
}

/** A link to a personal account has the user's id, which is no scope. */
function teamOf(orgId: string): string | null {
  return orgId.startsWith("team_") ? orgId : null;
}

async function readProjectJson(dir: string): Promise<{ projectId: string; orgId: string } | null> {
  try {
    const result = projectJson.safeParse(await readJson(path.join(dir, ".vercel", "project.json")));
    return result.success ? result.data : null;
  } catch (error) {
    if (error instanceof CliError) return null;
    throw error;
  }
}
