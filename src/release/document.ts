import type { HealthDocument } from "../health/document.ts";
import type { TargetName } from "../config/words.ts";
import type { Deployment, Environment } from "../targets/target.ts";
import type { StepName } from "./steps.ts";

export type Outcome = "staged" | "refused" | "promoted" | "rolled-back";
export type Verdict = HealthDocument["verdict"];

/** A deployment as it may be printed: without what reaching it needs. */
export type PublicDeployment = Pick<Deployment, "id" | "url" | "buildId" | "createdAt">;

/** What `deploy --json` prints, whatever the outcome. */
export interface DeployDocument {
  version: 1;
  target: TargetName;
  environment: Environment;
  outcome: Outcome;
  verdict: Verdict;
  /** Why it was refused or rolled back, in a word; absent when an SLO decided, or nothing did. */
  cause?: string;
  message?: string;
  hint?: string;
  /** null when it was refused before there was one. */
  deployment: PublicDeployment | null;
  /** Where production answers. */
  productionUrl: string;
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

/** The exit code of a release that ran: its verdict's, but a release that was rolled back is never a success. */
export function exitOf({ outcome, verdict }: Pick<DeployDocument, "outcome" | "verdict">): 0 | 1 | 3 {
  if (outcome === "rolled-back") return 1;
  if (outcome === "refused" && verdict === "pass") return 1;
  return exits[verdict];
}

/** Leaves out the headers, which may be secrets. */
export function publicDeployment(deployment: Deployment | null): PublicDeployment | null {
  if (deployment === null) return null;
  const { id, url, buildId, createdAt } = deployment;
  return { id, url, buildId, createdAt };
}
