import { readEnvFile } from "../../host/env-file.ts";
import { ENV_EXAMPLE, readNeededEnv } from "../needed-env.ts";
import { defineCheck } from "./check.ts";

/**
 * On this machine functions get .env.local and nothing else: what .env.example names as needed has to be there. Vercel is asked
 * about its own variables by another check.
 */
export const variablesCheck = defineCheck("variables", async ({ dir, targetName }) => {
  if (targetName !== "local") return [];
  const [{ required }, env] = await Promise.all([readNeededEnv(dir), readEnvFile(dir)]);
  const missing = required.filter((name) => (env[name] ?? "") === "");
  if (missing.length === 0) return [];
  return [
    {
      level: "error" as const,
      message: `.env.local does not set ${missing.join(", ")}`,
      hint: `${ENV_EXAMPLE} says what they are; edge-ai fake-provider stands in for a model's endpoint`,
      code: "BAD_CONFIG" as const,
    },
  ];
});
