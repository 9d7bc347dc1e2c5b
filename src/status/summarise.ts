import { openAlerts } from "../advise/alert.ts";
import type { LastCheck } from "../health/last-check.ts";
import type { MonitorState } from "../monitor/state/schema.ts";
import type { PublicDeployment } from "../release/document.ts";
import type { LedgerEvent } from "../release/ledger.ts";
import type { Known, LastGate, LastSlo, OpenAlert, OpenAlerts } from "./types.ts";

/** What is kept about a project, as one reads it now. Nothing here reads a file or a clock. */

/** The last time a gate said yes or no. @param events of one target, oldest first */
export function lastGateOf(events: readonly LedgerEvent[], production: PublicDeployment | null): Known<LastGate> {
  const told = events.findLast(({ event }) => event === "passed" || event === "refused");
  if (told === undefined) return { missing: "no gate of this target is in .edge-ai/releases.jsonl of this folder" };
  const { id, at } = told;
  return {
    result: told.event === "passed" ? "passed" : "refused",
    id,
    at,
    isProduction: production === null ? null : production.id === id,
  };
}

/** The last health check against its limits. @param check null: there was none */
export function lastSloOf(check: LastCheck | null, production: PublicDeployment | null): Known<LastSlo> {
  if (check === null) return { missing: "nothing was measured from this folder: edge-ai healthcheck does" };
  const { verdict, buildId, checks } = check.health;
  return {
    checkedAt: check.checkedAt,
    verdict,
    buildId,
    isProduction: production !== null && production.buildId === buildId,
    checks: checks.map(({ name, probe, unit, limit, actual, verdict: judged }) => ({
      name,
      probe,
      unit,
      limit,
      actual,
      verdict: judged,
    })),
  };
}

/** What the monitor has open. @param state null: it never ran here */
export function openAlertsOf(state: MonitorState | null): Known<OpenAlerts> {
  if (state === null) return { missing: "no monitor ran in this folder: edge-ai monitor does" };
  const told = openAlerts(state.recent);
  const open = Object.entries(state.tracks).flatMap(([rule, { phase, metric, limit, since }]): OpenAlert[] => {
    if (phase === "ok") return [];
    const text = told.find((alert) => alert.rule === rule)?.text ?? null;
    return [{ rule, state: phase, metric, limit, since: new Date(since).toISOString(), text }];
  });
  return { updatedAt: state.updatedAt, url: state.url, open };
}
