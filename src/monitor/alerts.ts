import { unitOf, type Alert, type AlertRemedy } from "../advise/alert.ts";
import type { TargetName } from "../config/words.ts";
import { duration, figure } from "../health/figures.ts";
import type { TrackEvent } from "./rules/tracks.ts";

/** What is watched, as alerts name it. */
export interface Watched {
  /** Of edge-ai.json. */
  app: string;
  target: TargetName;
  url: string;
}

/** What goes with an alert that fires. */
export interface Help {
  remedies: AlertRemedy[];
  /** null: none is known. */
  rollbackTo: string | null;
}

/** An event as it is told. Its id is made of nothing but the incident and the state. @param now ms since 1970 */
export function alertOf({ app, target, url }: Watched, event: TrackEvent, now: number): Alert {
  const { name, state, metric, value, limit, incident } = event;
  const began = new Date(incident).toISOString();
  return {
    version: 1,
    rule: name,
    state,
    metric,
    value,
    limit,
    target,
    at: new Date(now).toISOString(),
    // ASCII, since it is a header too.
    id: [app, target, name, began, state].map(encodeURIComponent).join("/"),
    text: `${app} on ${target} (${url}): ${name} is ${state}${described(event, now)}`,
  };
}

function described({ state, metric, value, limit, samples, incident, why }: TrackEvent, now: number): string {
  const unit = unitOf[metric];
  const standsOn = samples === null ? "" : ` (${samples} ${metric === "up" ? "rounds" : "requests"})`;
  const lasted = state === "resolved" ? `, after ${duration(now - incident)}` : "";
  const told = why === null ? "" : `: ${why}`;
  if (value === null) return `${lasted}${told === "" ? ": no data" : told}`;
  if (metric === "up") return `${lasted}: ${value === 1 ? "it answers" : "it does not answer as itself"}${told}`;
  return `${lasted}: ${metric} ${figure(value, unit)}${standsOn}, limit ${figure(limit, unit)}${told}`;
}
