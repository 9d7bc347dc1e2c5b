import type { Config } from "../config/schema.ts";
import type { TargetName } from "../config/words.ts";
import { CliError } from "../errors.ts";
import { checkIdentity } from "../health/check-identity.ts";
import type { HealthDocument } from "../health/document.ts";
import type { Deployment, Target } from "../targets/target.ts";
import { publicDeployment, type PublicDeployment, type Verdict } from "./document.ts";
import { explain } from "./explain.ts";
import { gate } from "./gate.ts";
import { Ledger, type LedgerEvent } from "./ledger.ts";

/** What `promote --json` and `rollback --json` print. */
export interface SwitchDocument {
  version: 1;
  target: TargetName;
  outcome: "promoted" | "rolled-back" | "unchanged" | "refused";
  /** Of the gate, when the deployment had not passed one yet. */
  verdict: Verdict | null;
  cause?: string;
  message?: string;
  hint?: string;
  health: HealthDocument | null;
  productionUrl: string;
  deployment: PublicDeployment;
  previous: PublicDeployment | null;
}

export interface Switch {
  projectDir: string;
  targetName: TargetName;
  target: Target;
  config: Config;
  /** False: promote without measuring. */
  gate: boolean;
  signal: AbortSignal;
  now: () => Date;
  onProgress: (line: string) => void;
}

/**
 * Makes an older or staged deployment production. One that no gate has let pass is measured first, and refused when it fails.
 * @throws CliError UNKNOWN_DEPLOYMENT; NOT_PRODUCTION when production is not that deployment afterwards
 */
export async function promote(options: Switch, id: string): Promise<SwitchDocument> {
  const { target, projectDir } = options;
  const [current, wanted] = await Promise.all([target.current(), find(options, id)]);
  const isKnown = current?.id === wanted.id || (await new Ledger(projectDir).hasPassed(id));
  if (isKnown || !options.gate) return switchTo(options, current, wanted, "promoted");
  const reached = await target.reach(id);
  const health = await gate(options, reached);
  options.signal.throwIfAborted();
  if (health.verdict === "fail") await note(options, "refused", reached);
  if (health.verdict !== "pass") return refused(options, current, reached, health);
  await note(options, "passed", reached);
  return { ...(await switchTo(options, current, wanted, "promoted")), verdict: "pass", health };
}

async function refused(
  { target, targetName }: Switch,
  current: Deployment | null,
  deployment: Deployment,
  health: HealthDocument,
): Promise<SwitchDocument> {
  return {
    version: 1,
    target: targetName,
    outcome: "refused",
    verdict: health.verdict,
    ...explain(health),
    health,
    productionUrl: await target.productionUrl(),
    deployment: publicDeployment(deployment),
    previous: publicDeployment(current),
  };
}

/** Writes an event into the ledger. */
function note(
  { projectDir, targetName, now }: Switch,
  event: LedgerEvent["event"],
  { id, buildId }: Deployment,
): Promise<void> {
  return new Ledger(projectDir).append({ at: now().toISOString(), target: targetName, event, id, buildId });
}

/**
 * Goes back: to the named deployment, else to the one that the current release knows as good.
 * @throws CliError UNKNOWN_DEPLOYMENT, NO_KNOWN_GOOD
 */
export async function rollback(options: Switch, id: string | undefined): Promise<SwitchDocument> {
  const current = await options.target.current();
  if (id !== undefined) return switchTo(options, current, await find(options, id), "rolled-back");
  if (current === null)
    throw new CliError("NO_KNOWN_GOOD", "there is no production deployment to go back from", {
      hint: `edge-ai deploy --prod --target ${options.targetName} makes one`,
    });
  const good = (await options.target.list()).find((each) => each.id === current.knownGood);
  if (good === undefined) {
    throw new CliError("NO_KNOWN_GOOD", `${current.id} has no earlier release that is known to be good`, {
      hint: `edge-ai deployments --target ${options.targetName} lists what there is; name one: edge-ai rollback <id>`,
    });
  }
  return switchTo(options, current, good, "rolled-back");
}

async function find({ target, targetName }: Switch, id: string): Promise<Deployment> {
  const deployment = (await target.list()).find((each) => each.id === id);
  if (deployment !== undefined) return deployment;
  throw new CliError("UNKNOWN_DEPLOYMENT", `there is no deployment ${JSON.stringify(id)}`, {
    hint: `edge-ai deployments --target ${targetName} lists what there is`,
  });
}

async function switchTo(
  options: Switch,
  current: Deployment | null,
  wanted: Deployment,
  outcome: "promoted" | "rolled-back",
): Promise<SwitchDocument> {
  const { target, targetName } = options;
  const productionUrl = await target.productionUrl();
  const isCurrent = current?.id === wanted.id;
  // Asked for again even when it is current: the target makes sure that it really answers.
  await target.promote(wanted.id);
  await verify(options, productionUrl, wanted);
  if (outcome === "rolled-back" && current !== null && !isCurrent) await note(options, "rolled-back-from", current);
  if (!isCurrent) await note(options, "promoted", wanted);
  return {
    version: 1,
    target: targetName,
    outcome: isCurrent ? "unchanged" : outcome,
    verdict: null,
    health: null,
    productionUrl,
    deployment: publicDeployment((await target.current()) ?? wanted),
    previous: publicDeployment(current),
  };
}

/** Asks production who it is. */
async function verify({ signal, targetName }: Switch, url: string, { buildId }: Deployment): Promise<void> {
  const refusal = await checkIdentity({ url, headers: {}, expectBuild: buildId, signal });
  signal.throwIfAborted();
  if (refusal === null) return;
  throw new CliError("NOT_PRODUCTION", `production is not that deployment: ${refusal.message}`, {
    hint: refusal.hint ?? `edge-ai status --target ${targetName} shows what production is`,
  });
}
