import type { Alert } from "../advise/alert.ts";
import type { Config } from "../config/schema.ts";
import type { TargetName } from "../config/words.ts";
import { messageOf } from "../errors.ts";
import { say, type Io } from "../io.ts";
import type { Help } from "../monitor/alerts.ts";
import { Ledger } from "../release/ledger.ts";
import type { Target } from "../targets/target.ts";
import { adviseFrom } from "./advise.ts";

/** The best ones; edge-ai advise has them all. */
const REMEDIES = 3;

/**
 * What can be done about an alert: remedies with their predicted effect, and the deployment to go back to. Never rejects: an
 * alert without help is better than none, so what goes wrong is only told.
 * @param target null when a URL is watched, whose deployments nobody here knows
 */
export async function helpFor(
  io: Io,
  { config, targetName, target }: { config: Config; targetName: TargetName; target: Target | null },
  alert: Alert,
): Promise<Help> {
  const [remedies, rollbackTo] = await Promise.all([
    remediesFor(io, config, alert).catch((error: unknown) => {
      say(io, `no remedies for ${alert.rule}: ${messageOf(error)}`);
      return [];
    }),
    lastGood(io, targetName, target).catch((error: unknown) => {
      say(io, `the last good deployment is not known: ${messageOf(error)}`);
      return null;
    }),
  ]);
  return { remedies, rollbackTo };
}

async function remediesFor(io: Io, config: Config, alert: Alert): Promise<Help["remedies"]> {
  const alerts = { name: "monitor", alerts: [alert] };
  const { advice } = await adviseFrom(io, { config, health: null, alerts, plan: null }, false);
  return advice.slice(0, REMEDIES).map(({ text, command, effects }) => ({
    text,
    command,
    effects: effects.map((effect) => effect.text),
  }));
}

/** What production itself carries as its way back, else the last other one that a watch found healthy. */
async function lastGood(io: Io, targetName: TargetName, target: Target | null): Promise<string | null> {
  if (target === null) return null;
  const current = await target.current();
  if (current === null || current.knownGood !== null) return current?.knownGood ?? null;
  const events = await new Ledger(io.cwd).read();
  const isOther = (id: string): boolean => id !== current.id;
  return (
    events.findLast((each) => each.target === targetName && each.event === "healthy" && isOther(each.id))?.id ?? null
  );
}
