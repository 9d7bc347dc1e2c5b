import { platforms, type PlatformName } from "../data/platforms.ts";
import { formatBytes, formatMs, formatUsd } from "../plan/format.ts";
import type { Plan } from "../plan/types.ts";
import { unknown, written, type Cell, type Figure } from "./cell.ts";
import { measuredCell } from "./measured.ts";
import type { Row } from "./platform-rows.ts";
import type { LastMeasured, Plans } from "./types.ts";

/** What is asked of one app on one platform. */
const questions: readonly { id: string; title: string; answer: (plan: Plan, best: Plan) => Cell }[] = [
  { id: "runs-as", title: "this app runs", answer: runsAs },
  {
    id: "predicted-p95",
    title: "p95, predicted",
    answer: (plan) => predicted(plan, "p95Ms", "ms", formatMs),
  },
  {
    id: "predicted-first-token",
    title: "first token, predicted",
    answer: (plan) => predicted(plan, "firstTokenMs", "ms", formatMs),
  },
  {
    id: "predicted-cold-start",
    title: "cold start, predicted",
    answer: (plan) => predicted(plan, "coldStartMs", "ms", formatMs),
  },
  {
    id: "predicted-memory",
    title: "memory, predicted",
    answer: (plan) => predicted(plan, "memoryBytes", "bytes", formatBytes),
  },
  {
    id: "predicted-bundle",
    title: "bundle, predicted",
    answer: (plan) => predicted(plan, "bundleBytes", "bytes", formatBytes),
  },
  { id: "price", title: "price a month", answer: price },
];

/** Chat alone has a first token. */
const CHAT_ONLY: ReadonlySet<string> = new Set(["predicted-first-token"]);

/** What this app does on each platform: as it is planned there, what it costs there, and what you have measured. */
export function appRows(plans: Plans, measured: readonly LastMeasured[]): Row[] {
  const asked = questions.filter(({ id }) => plans.best.task === "chat" || !CHAT_ONLY.has(id));
  const planned = asked.map(({ id, title, answer }) => ({
    id,
    title,
    cells: onBoth((name) => answer(plans[name], plans.best)),
  }));
  const figures = (["p50", "p95", "coldStartMs"] as const).map((figure) => ({
    id: `measured-${figure === "coldStartMs" ? "cold-start" : figure}`,
    title: `${figure === "coldStartMs" ? "cold start" : figure}, measured by you`,
    cells: onBoth((name) => measuredCell(name, figure, measured)),
  }));
  return [...planned, ...figures];
}

function onBoth(cell: (name: PlatformName) => Cell): Row["cells"] {
  return { vercel: cell("vercel"), cloudflare: cell("cloudflare") };
}

/** The mode that fits there, and what keeps the better one from running. */
function runsAs(plan: Plan, best: Plan): Cell {
  const own = plan.fits ? plan.mode : `not as ${plan.mode}: ${failedIn(plan, plan.mode).join(", ")}`;
  const lost = plan.mode === best.mode || !plan.fits ? [] : failedIn(plan, best.mode);
  const text = lost.length === 0 ? own : `${own}; ${best.mode} fails ${lost.join(", ")}`;
  return { kind: "planned", text, figures: [], sources: [] };
}

function failedIn(plan: Plan, mode: Plan["mode"]): string[] {
  if (mode !== plan.mode) return plan.alternatives.find((each) => each.mode === mode)?.failed ?? [];
  return plan.reasons.filter((each) => each.mode === mode && each.passed === false).map(({ rule }) => rule);
}

type Key = "p95Ms" | "firstTokenMs" | "coldStartMs" | "memoryBytes" | "bundleBytes";

/** How long an answer takes is not for the function to decide when the model runs elsewhere. */
const DECIDED_BY_ENDPOINT: ReadonlySet<Key> = new Set(["p95Ms", "firstTokenMs"]);

function predicted(plan: Plan, key: Key, unit: string, format: (value: number) => string): Cell {
  const value = plan.predicted[key];
  if (value !== null) return written`${fromPlan(plan, value, unit, format(value), key)}`;
  return unknown(plan.mode !== "local" && DECIDED_BY_ENDPOINT.has(key) ? "the endpoint decides" : undefined);
}

function price(plan: Plan): Cell {
  const cost = plan.monthlyCost ?? null;
  if (cost === null) {
    const { requestsPerMonth, requestsPerSecond } = plan.workload;
    const isAsked = requestsPerMonth !== null || requestsPerSecond !== null;
    return unknown(isAsked ? "no price is known for it" : "say the traffic with --monthly-requests");
  }
  const { usd, text, source } = cost;
  const figure: Figure = {
    value: usd,
    unit: "USD",
    text: formatUsd(usd),
    formula: text,
    inputs: [{ name: "prices", value: usd, unit: "USD a month", source, checkedAt: null }],
  };
  const cell = written`${figure} in MODE mode`;
  return { ...cell, text: cell.text.replace("MODE", plan.mode) };
}

/** A number of the planner, with what it was planned for; `explainRows` puts the planner's own formula in its place. */
function fromPlan({ mode, platform, model }: Plan, value: number, unit: string, text: string, key: Key): Figure {
  const { title } = platforms[platform];
  const name = model.id ?? `${model.params} parameters`;
  return {
    value,
    unit,
    text,
    formula: `the planner's ${key} in ${mode} mode on ${title}`,
    inputs: [{ name: "model", value: name, unit: "", source: "what was asked for", checkedAt: null }],
  };
}
