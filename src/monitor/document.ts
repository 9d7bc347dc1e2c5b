import { unitOf, type Alert } from "../advise/alert.ts";
import { figure } from "../health/figures.ts";
import type { Watched } from "./alerts.ts";
import type { RoundResult, RuleReading } from "./runner.ts";
import type { MonitorState } from "./state/schema.ts";

/** What `monitor --once --json` prints. */
export interface MonitorDocument extends Watched {
  version: 1;
  at: string;
  rules: RuleLine[];
  /** Rules whose missing data is an alert of its own, and that fire now. */
  missingAlerts: string[];
  alerts: Alert[];
  undelivered: { id: string; to: string[] }[];
  problems: string[];
}

interface RuleLine {
  name: string;
  metric: string;
  state: "ok" | "pending" | "firing";
  /** few: not enough samples, so that the state is that of before. */
  data: "enough" | "few" | "missing";
  value: number | null;
  limit: number;
  samples: number | null;
  minSamples: number;
  missing: string | null;
  since: string;
}

/** The document of a round. @param alerts those that stdout is told of */
export function monitorDocument(
  watched: Watched,
  { state, readings, problems }: RoundResult,
  alerts: Alert[],
): MonitorDocument {
  return {
    version: 1,
    ...watched,
    at: state.updatedAt,
    rules: readings.map((each) => ruleLine(each, state)),
    missingAlerts: firing(state).filter((name) => name.endsWith(":missing")),
    alerts,
    undelivered: state.outbox
      .map(({ alert, to }) => ({ id: alert.id ?? "", to: to.filter((key) => key !== "stdout") }))
      .filter(({ to }) => to.length > 0),
    problems,
  };
}

function ruleLine({ rule, reading }: RuleReading, { tracks, updatedAt }: MonitorState): RuleLine {
  const { name, metric, limit, minSamples } = rule;
  const { window, value, samples, missing } = reading;
  const track = tracks[name];
  return {
    name,
    metric,
    state: track?.phase ?? "ok",
    data: window === "few" || window === "missing" ? window : "enough",
    value,
    limit,
    samples,
    minSamples,
    missing,
    since: track === undefined ? updatedAt : new Date(track.since).toISOString(),
  };
}

function firing({ tracks }: MonitorState): string[] {
  return Object.entries(tracks).flatMap(([name, { phase }]) => (phase === "firing" ? [name] : []));
}

/** 1: something fires. 3: not one rule could be judged. 0: nothing fires. */
export function monitorExit({ state, readings }: RoundResult): 0 | 1 | 3 {
  if (firing(state).length > 0) return 1;
  return readings.every(({ reading }) => reading.window === "few" || reading.window === "missing") ? 3 : 0;
}

/** A round in one line: "12:00:05Z  up ok 1 · p95 pending 812 ms · cost no data". */
export function roundLine({ state, readings }: RoundResult): string {
  const parts = readings.map(({ rule, reading }) => {
    const phase = state.tracks[rule.name]?.phase ?? "ok";
    const value = figure(reading.value, unitOf[rule.metric]);
    if (reading.window === "missing") return `${rule.name} ${phase === "ok" ? "" : `${phase}, `}no data`;
    if (reading.window !== "few") return `${rule.name} ${phase} ${value}`;
    return `${rule.name} ${phase === "ok" ? "" : `${phase}, `}not enough data (${reading.samples} of ${rule.minSamples})`;
  });
  return `${state.updatedAt.slice(11, 19)}Z  ${parts.join(" · ")}`;
}
