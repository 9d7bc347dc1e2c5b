import type { Config } from "../config/schema.ts";
import type { TargetName } from "../config/words.ts";
import { CliError } from "../errors.ts";
import { checkIdentity } from "../health/check-identity.ts";
import type { Refusal } from "../health/identity.ts";
import { readLastChecks } from "../health/last-check.ts";
import { answer, type Io } from "../io.ts";
import { readBill } from "../monitor/signals/platform-bill.ts";
import { readState, stateFile } from "../monitor/state/store.ts";
import { publicDeployment, type PublicDeployment } from "../release/document.ts";
import { Ledger } from "../release/ledger.ts";
import { estimateMonth } from "../status/estimate.ts";
import { renderStatus } from "../status/render.ts";
import { lastGateOf, lastSloOf, openAlertsOf } from "../status/summarise.ts";
import type { Costs, Known, StatusDocument } from "../status/types.ts";
import type { Deployment, Target } from "../targets/target.ts";
import { readTarget, type TargetOptions } from "./read-target.ts";

const EVENTS = 5;

/** `edge-ai status`: what production is, whether it answers as that, and what is kept about it. Exit 1 when it does not answer. */
export async function statusCommand(io: Io, options: TargetOptions): Promise<number> {
  const { target, targetName, projectDir, config } = await readTarget(io, options);
  const now = new Date();
  const [current, productionUrl, events, cost] = await Promise.all([
    target.current(),
    target.productionUrl(),
    new Ledger(projectDir).read(),
    readCosts(io, { projectDir, config, targetName }, now),
  ]);
  const refusal = await whoAnswers(io, target, current, productionUrl);
  io.signal.throwIfAborted();
  const ofTarget = events.filter((event) => event.target === targetName);
  const production = publicDeployment(current);
  const document: StatusDocument = {
    version: 1,
    target: targetName,
    productionUrl,
    production,
    health: current === null ? "none" : refusal === null ? "ok" : refusal.cause,
    message: refusal?.message ?? null,
    lastGate: lastGateOf(ofTarget, production),
    slo: await readSlo(projectDir, targetName, production),
    alerts: await known(async () => openAlertsOf(await readState(projectDir, stateFile(targetName)))),
    cost,
    recent: ofTarget.slice(-EVENTS),
  };
  answer(io, options.json === true ? document : renderStatus(document, refusal?.hint, now));
  return refusal === null ? 0 : 1;
}

/** Why production does not answer as the deployment it is; null when it does, or is none. */
function whoAnswers(
  { signal }: Io,
  target: Target,
  current: Deployment | null,
  url: string | null,
): Promise<Refusal | null> {
  if (current === null || url === null) return Promise.resolve(null);
  return checkIdentity({ url, headers: target.productionHeaders, expectBuild: current.buildId, signal });
}

function readSlo(projectDir: string, targetName: TargetName, production: PublicDeployment | null) {
  return known(async () => {
    const checks = await readLastChecks(projectDir);
    return lastSloOf(checks.find((check) => check.target === targetName) ?? null, production);
  });
}

async function readCosts(
  io: Io,
  { config, ...context }: { projectDir: string; config: Config; targetName: TargetName },
  now: Date,
): Promise<Costs> {
  const [bill, estimate] = await Promise.all([
    readBill({ io, config, ...context }),
    estimateMonth({ ...config, target: context.targetName }, now),
  ]);
  return { bill: "missing" in bill ? bill : bill.value, estimate };
}

/** A file that cannot be read is missing data too: it must not keep one from the rest. */
async function known<T>(read: () => Promise<Known<T>>): Promise<Known<T>> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CliError) return { missing: error.message };
    throw error;
  }
}
