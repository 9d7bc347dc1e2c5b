import { buildScriptCheck } from "./preflight/build-script.ts";
import { workersCheck, wranglerCheck } from "./preflight/cloudflare.ts";
import type { Check, Finding } from "./preflight/check.ts";
import { configCheck } from "./preflight/config.ts";
import { handlersCheck } from "./preflight/handlers.ts";
import { installedCheck } from "./preflight/installed.ts";
import { modelFilesCheck } from "./preflight/model-files.ts";
import { nodeVersionsCheck } from "./preflight/node-versions.ts";
import { portCheck } from "./preflight/port.ts";
import type { Project } from "./preflight/project.ts";
import { publicFilesCheck } from "./preflight/public-files.ts";
import { sizesCheck } from "./preflight/sizes.ts";
import { typeErrorsCheck } from "./preflight/type-errors.ts";
import { untracedCheck } from "./preflight/untraced.ts";
import { variablesCheck } from "./preflight/variables.ts";
import { vercelCliCheck } from "./preflight/vercel-cli.ts";
import { vercelProjectCheck } from "./preflight/vercel-project.ts";

export type { Finding } from "./preflight/check.ts";
export { openProject, type Project } from "./preflight/project.ts";

/** Everything that is looked at before a deploy, in the order it is reported. */
export const preflightChecks: readonly Check[] = [
  configCheck,
  installedCheck,
  modelFilesCheck,
  handlersCheck,
  sizesCheck,
  publicFilesCheck,
  untracedCheck,
  typeErrorsCheck,
  nodeVersionsCheck(),
  variablesCheck,
  portCheck(),
  buildScriptCheck,
  vercelCliCheck,
  vercelProjectCheck,
  wranglerCheck,
  workersCheck(),
];

/**
 * Runs every check and reports everything. An error among the findings means: do not deploy.
 * @throws Interrupted after a signal, and nothing else
 */
export async function preflight(project: Project): Promise<Finding[]> {
  const findings = await Promise.all(preflightChecks.map((check) => check.run(project)));
  return findings.flat();
}
