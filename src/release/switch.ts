import type { Config } from "../config/schema.ts";
import type { TargetName } from "../config/words.ts";
import { CliError } from "../errors.ts";
import type { HealthDocument } from "../health/document.ts";
import type { Deployment, Target } from "../targets/target.ts";
import { publicDeployment, type PublicDeployment, type Verdict } from "./document.ts";
import { explain } from "./explain.ts";
import { gate } from "./gate.ts";
import type { Ledger, LedgerEvent } from "./ledger.ts";
import { protectedError } from "./protected.ts";
import { whoIsProduction } from "./verify.ts";

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
  productionUrl: string | null;
  deployment: PublicDeployment;
  previous: PublicDeployment | null;
  /** What going back has not undone; empty after a promotion. */
  notes: readonly string[];
}

export interface Switch {
  targetName: TargetName;
  target: Target;
  config: Config;
  /** False: promote without measuring. */
  gate: boolean;
  ledger: Ledger;
  signal: AbortSignal;
  now: () => Date;
  onProgress: (line: string) => void;
}

/**
 * Makes an older or staged deployment production. One that no gate has let pass is measured first, and refused when it fails.
 * @throws CliError UNKNOWN_DEPLOYMENT; NOT_PRODUCTION when production is not that deployment afterwards
 */
export async function promote(options: Switch, id: string): Promise<SwitchDocument> {
  const { target, ledger } = options;
  const [current, wanted] = await Promise.all([target.current(), find(options, id)]);
  const isKnown = current?.id === wanted.id || (await ledger.hasPassed(id));
  if (isKnown || !options.gate) return switchTo(options, current, wanted, "promoted");
  const reached = await target.reach(id);
  const health = await gate(options, reached);
  options.signal.throwIfAborted();
  if (health.cause === "protected") throw protectedError(health, reached);
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
    notes: [],
  };
}

/** Writes an event into the ledger. */
function note(
  { ledger, targetName, now }: Switch,
  event: LedgerEvent["event"],
  { id, buildId }: Deployment,
  from?: Deployment,
): Promise<void> {
  const at = now().toISOString();
  return ledger.append({ at, target: targetName, event, id, buildId, ...(from && { from: from.id }) });
}

/**
 * Goes back: to the named deployment, else to the last one that is known to be good and has other code than the current one.
 * @throws CliError UNKNOWN_DEPLOYMENT, NO_KNOWN_GOOD
 */
export async function rollback(options: Switch, id: string | undefined): Promise<SwitchDocument> {
  const { target } = options;
  const current = await target.current();
  const left = await leftOpen(options, current);
  // Going back once more from there would be one release too far.
  if (left !== null && current !== null && (id === undefined || id === current.id)) {
    options.onProgress(`the rollback from ${left.id} had its effect and was interrupted: finishing it`);
    return switchTo(options, left, current, "rolled-back");
  }
  if (id === undefined && current?.sharedWith !== undefined) {
    const { id: newer, percentage } = current.sharedWith;
    options.onProgress(
      `${newer} has ${percentage} % of the traffic, of a release that was interrupted: taking that back`,
    );
    return switchTo(options, (await target.find(newer)) ?? current, current, "rolled-back");
  }
  if (id !== undefined) return switchTo(options, current, await find(options, id), "rolled-back");
  if (current === null)
    throw new CliError("NO_KNOWN_GOOD", "there is no production deployment to go back from", {
      hint: `edge-ai deploy --prod --target ${options.targetName} makes one`,
    });
  const good = await lastGood(options, current);
  if (good === null) {
    throw new CliError("NO_KNOWN_GOOD", `${current.id} has no earlier release that is known to be good`, {
      hint: `edge-ai deployments --target ${options.targetName} lists what there is; name one: edge-ai rollback <id>`,
    });
  }
  options.onProgress(`going back from ${current.id} to ${good.id}`);
  return switchTo(options, current, good, "rolled-back").catch((error: unknown) => {
    if (!(error instanceof CliError)) throw error;
    // Without its id, the same command might go back one release more: what it did may have had its effect.
    const goOn = `to go on: edge-ai rollback ${good.id} --target ${options.targetName}`;
    const hint = error.hint === undefined ? goOn : `${error.hint}; ${goOn}`;
    throw new CliError(error.code, error.message, { hint, cause: error });
  });
}

/** What an earlier rollback to the current deployment went back from, when nobody saw the end of it. */
async function leftOpen(
  { target, targetName, ledger }: Switch,
  current: Deployment | null,
): Promise<Deployment | null> {
  const from = current === null ? null : await ledger.rollbackLeftOpen(targetName, current.id);
  return from === null ? null : target.find(from);
}

/**
 * Each deployment carries the one to go back to, so the way back needs no memory. A redeployment of the same code, after a
 * change of variables say, is no way back from that code; nor is a release that production went back from.
 */
async function lastGood({ target, ledger }: Switch, bad: Deployment): Promise<Deployment | null> {
  const seen = new Set([bad.id]);
  let id = bad.knownGood;
  while (id !== null && !seen.has(id)) {
    seen.add(id);
    const good = await target.find(id);
    if (good === null || (good.builtFrom !== bad.builtFrom && !(await ledger.isSuspect(good.id)))) return good;
    id = good.knownGood;
  }
  return null;
}

async function find({ target, targetName }: Switch, id: string): Promise<Deployment> {
  const deployment = await target.find(id);
  if (deployment !== null) return deployment;
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
  const isCurrent = current?.id === wanted.id;
  const isBack = outcome === "rolled-back";
  if (isBack && current !== null && !isCurrent) await note(options, "rolling-back-to", wanted, current);
  // Asked for again even when it is current: the target makes sure that it really answers.
  await target.promote(wanted.id, { rollback: isBack });
  await verify(options, wanted);
  if (isBack && current !== null && !isCurrent) await note(options, "rolled-back-from", current);
  if (!isCurrent) await note(options, "promoted", wanted);
  return {
    version: 1,
    target: targetName,
    outcome: isCurrent ? "unchanged" : outcome,
    verdict: null,
    health: null,
    productionUrl: await target.productionUrl(),
    deployment: publicDeployment((await target.current()) ?? wanted),
    previous: publicDeployment(current),
    notes: isBack && !isCurrent ? target.rollbackNotes : [],
  };
}

/** Asks production who it is. */
async function verify({ signal, target }: Switch, wanted: Deployment): Promise<void> {
  const refusal = await whoIsProduction(target, wanted, signal);
  signal.throwIfAborted();
  if (refusal === null) return;
  throw new CliError("NOT_PRODUCTION", `production is not that deployment: ${refusal.message}`, {
    hint: refusal.hint,
  });
}
