import type { HealthDocument } from "../health/document.ts";
import type { TargetName } from "../config/words.ts";
import type { Deployment, Environment } from "../targets/target.ts";
import type { StepName } from "./steps.ts";

export type Outcome = "staged" | "refused" | "promoted" | "rolled-back";
export type Verdict = HealthDocument["verdict"];

/** A deployment as it may be printed: without what reaching it needs. */
export type PublicDeployment = Pick<Deployment, "id" | "url" | "buildId" | "builtFrom" | "createdAt">;

/** What `deploy --json` prints, whatever the outcome. */
export interface DeployDocument {
  version: 1;
  target: TargetName;
  environment: Environment;
  outcome: Outcome;
  /** null when nothing was measured, because the gate was left out. */
  verdict: Verdict | null;
  /** Why it is not simply promoted or staged, in a word; "slo" when a limit was broken, and `message` says which. */
  cause?: string;
  message?: string;
  hint?: string;
  /** null when it was refused before there was one. */
  deployment: PublicDeployment | null;
  /** Where production answers; null before there is a project for it. */
  productionUrl: string | null;
  /** What production was before. */
  previous: PublicDeployment | null;
  rolledBackTo: PublicDeployment | null;
  /** The gate's measurement of the staged deployment. */
  health: HealthDocument | null;
  /** The short check of production after the promotion. */
  watch: HealthDocument | null;
  stagesMs: Partial<Record<StepName, number>>;
}

const exits = { pass: 0, fail: 1, inconclusive: 3 } as const satisfies Record<Verdict, number>;

/** The exit code of a release that ran: its verdict's, but one that was refused or rolled back is never a success. */
export function exitOf({ outcome, verdict }: { outcome: string; verdict: Verdict | null }): 0 | 1 | 3 {
  if (outcome === "rolled-back") return 1;
  if (outcome === "refused") return verdict === "inconclusive" ? 3 : 1;
  return verdict === null ? 0 : exits[verdict];
}

/** Leaves out the headers, which may be secrets. */
export function publicDeployment(deployment: Deployment): PublicDeployment;
export function publicDeployment(deployment: Deployment | null): PublicDeployment | null;
export function publicDeployment(deployment: Deployment | null): PublicDeployment | null {
  if (deployment === null) return null;
  const { id, url, lookAt, buildId, builtFrom, createdAt } = deployment;
  return { id, url: lookAt ?? url, buildId, builtFrom, createdAt };
}
