// create-edge-ai 0.1.0
import config from "../edge-ai.json" with { type: "json" };
import { versionId } from "./platform.ts";

/** What this app serves, from edge-ai.json. */
export const modelId: string = config.model.id;
/** Where its weights are, when it runs in the function. */
export const modelDir: string = config.model.path ?? "";
export const mode: string = config.mode;
export const task: string = config.task;

/**
 * Which build is answering: on Workers the id of the version. `edge-ai build` writes the hash of the built functions here;
 * under a plain `vercel build` it is the commit or the deployment.
 */
export const buildId: string =
  versionId ??
  process.env.EDGE_AI_BUILD_ID ??
  process.env.VERCEL_GIT_COMMIT_SHA ??
  process.env.VERCEL_DEPLOYMENT_ID ??
  "unbuilt";
