import { findFunctions } from "../../build/functions.ts";
import { readVercelJson } from "../../build/vercel-json.ts";
import { readConfig } from "../../config/read.ts";
import { defineCheck, toProblem, type Problem } from "./check.ts";

/** edge-ai.json and vercel.json: every problem of both, and patterns of vercel.json that match no function. */
export const configCheck = defineCheck("configuration", async ({ dir }) => {
  const readings = [readConfig(dir), readVercelJson(dir).then((vercelJson) => findFunctions(dir, vercelJson))];
  const results = await Promise.allSettled(readings);
  return results.flatMap((result): Problem[] => (result.status === "rejected" ? [toProblem(result.reason)] : []));
});
