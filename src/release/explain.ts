import type { HealthDocument } from "../health/document.ts";
import { figure } from "../health/figures.ts";
import type { Refusal } from "./smoke.ts";

type Check = HealthDocument["checks"][number];

/** Why a health check did not pass: the cause it names, else the limits that were broken or that it could not prove. */
export function explain(health: HealthDocument): Partial<Refusal> {
  const { verdict, cause, message, hint, checks, measurement } = health;
  if (cause !== undefined) return { cause, message: message ?? cause, hint: hint ?? "" };
  if (verdict === "pass") return {};
  const deciding = checks.filter((check) => check.verdict === verdict && check.level === "error");
  const lines = deciding.map(describe).join("\n");
  if (verdict === "inconclusive") return { cause: "not-proven", message: lines, hint: hint ?? "" };
  return { cause: "slo", message: lines, hint: hintOf(measurement) };
}

function describe({ name, probe, actual, unit, text }: Check): string {
  return `${probe === null ? name : `${name} of ${probe}`} ${figure(actual, unit)}: ${text}`;
}

/** The first errors say more than any advice. */
function hintOf({ errorsByCause }: HealthDocument["measurement"]): string {
  const errors = Object.entries(errorsByCause).map(([cause, { count, first }]) => `${count} × ${cause} (${first})`);
  return errors.length === 0
    ? "correct it and deploy again; the limits are slo in edge-ai.json"
    : `the errors: ${errors.join(", ")}`;
}
