import { CliError } from "../errors.ts";
import type { HealthDocument } from "../health/document.ts";
import type { Deployment } from "../targets/target.ts";

/** A deployment behind a login is neither healthy nor sick: nobody has seen it. */
export function protectedError({ message, hint }: HealthDocument, { id, requestHeaders }: Deployment): CliError {
  const hasSecret = "x-vercel-protection-bypass" in requestHeaders;
  return new CliError("PROTECTED", `${id} could not be measured: ${message ?? "a login stands before it"}`, {
    hint: hasSecret
      ? "VERCEL_AUTOMATION_BYPASS_SECRET does not let through: take the secret of this project (Settings, Deployment Protection)"
      : `set VERCEL_AUTOMATION_BYPASS_SECRET to the project's secret (Settings, Deployment Protection), or: ${hint ?? ""}`,
  });
}
