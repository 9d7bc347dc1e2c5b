import path from "node:path";

/** Where the local target keeps things in a project: .edge-ai/local. */
export interface LocalFolder {
  root: string;
  state: string;
  supervisorLog: string;
  deployments: string;
  /** Everything of one deployment. */
  deployment(id: string): string;
  /** The .vercel/output of a deployment. */
  output(id: string): string;
  log(id: string): string;
}

/** @param projectDir absolute */
export function localFolder(projectDir: string): LocalFolder {
  const root = path.join(projectDir, ".edge-ai", "local");
  const deployments = path.join(root, "deployments");
  const deployment = (id: string): string => path.join(deployments, id);
  return {
    root,
    state: path.join(root, "state.json"),
    supervisorLog: path.join(root, "supervisor.log"),
    deployments,
    deployment,
    output: (id) => path.join(deployment(id), "output"),
    log: (id) => path.join(deployment(id), "functions.log"),
  };
}
