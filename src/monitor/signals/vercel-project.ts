import * as z from "zod";
import { readLink } from "../../targets/vercel/link.ts";
import type { Asked, SignalContext } from "./asked.ts";
import { askVercel } from "./vercel-query.ts";

const projectSchema = z.looseObject({ id: z.string().min(1), name: z.string().min(1) });

export interface VercelProjectNames {
  id: string;
  name: string;
  /** Of the team; null: the token's default. */
  scope: string | null;
}

/** Id and name of the project: a link has only its id, the bill only its name, and alert rules want the id. */
export async function readVercelProject(context: SignalContext): Promise<Asked<VercelProjectNames>> {
  const found = await askVercel(context, projectArgs, projectSchema);
  if ("missing" in found) return found;
  // It was read before, or nothing would have been found.
  const { scope } = await readLink(context.io.env, context.projectDir, context.config);
  return { value: { id: found.value.id, name: found.value.name, scope } };
}

function projectArgs(project: string): string[] {
  return ["api", `/v9/projects/${encodeURIComponent(project)}`, "--raw"];
}
