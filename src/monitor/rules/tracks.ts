import { beginning, step, type RuleState, type Timing, type Verdict } from "../machine.ts";
import type { Rule } from "../settings.ts";
import type { Reading } from "./read-rule.ts";

/** What is followed from round to round: a rule, or that its data is missing. */
export interface Track {
  name: string;
  rule: Rule;
  reading: Reading;
  verdict: Verdict;
  timing: Timing;
}

/** A rule as it stands, with what its alerts have to say again when it is gone from edge-ai.json. */
export interface TrackState extends RuleState {
  metric: Rule["metric"];
  limit: number;
  /** When the incident that fires now began to fire, ms since 1970; null: none does. */
  incident: number | null;
}

export interface TrackEvent {
  name: string;
  state: "firing" | "resolved";
  metric: Rule["metric"];
  limit: number;
  value: number | null;
  samples: number | null;
  /** Which incident: when it began to fire, ms since 1970. */
  incident: number;
  /** Why there is no value, or an example of what failed. */
  why: string | null;
}

/** After so many windows a trouble that was not seen again is another one. A good round ends it at once. */
const FORGET_WINDOWS = 4;
/** The least: a cron may come every half hour, and GitHub's later still. */
const LEAST_FORGET_MS = 3 * 60 * 60 * 1_000;

/** The tracks of a rule: its own, and with `missing: alert` that of its data. */
export function tracksOf(rule: Rule, reading: Reading): Track[] {
  const forgetMs = Math.max(LEAST_FORGET_MS, FORGET_WINDOWS * Math.max(rule.overMs, rule.forMs));
  const { goodRounds } = rule;
  // A figure of others stays bad for a window after the trouble, since nobody says what the newest part of it is.
  const forMs = rule.source === "platform" ? rule.forMs + rule.overMs : rule.forMs;
  const own: Track = { name: rule.name, rule, reading, verdict: reading, timing: { forMs, goodRounds, forgetMs } };
  if (rule.missing === "tell") return [own];
  const isMissing = reading.window === "missing";
  const verdict: Verdict = {
    window: isMissing ? "broken" : "kept",
    isBrokenNow: isMissing,
    isRecovered: !isMissing,
  };
  return [
    own,
    { name: `${rule.name}:missing`, rule, reading, verdict, timing: { forMs: rule.forMs, goodRounds, forgetMs } },
  ];
}

/**
 * One round of all tracks. A track that is gone while it fires is resolved: nobody else would ever tell. Pure.
 * @param now ms since 1970
 */
export function stepAll(
  states: Readonly<Record<string, TrackState>>,
  tracks: readonly Track[],
  now: number,
): { states: Record<string, TrackState>; events: TrackEvent[] } {
  const events: TrackEvent[] = [];
  const next: Record<string, TrackState> = {};
  for (const { name, rule, reading, verdict, timing } of tracks) {
    const before = states[name] ?? { ...beginning(now), metric: rule.metric, limit: rule.limit, incident: null };
    const { state, event } = step(before, verdict, timing, now);
    const incident = event === "firing" ? now : before.incident;
    next[name] = {
      ...state,
      metric: rule.metric,
      limit: rule.limit,
      incident: state.phase === "firing" ? incident : null,
    };
    if (event === null || incident === null) continue;
    const { value, samples, missing, example } = reading;
    const why = missing ?? (event === "firing" ? example : null);
    events.push({ name, state: event, metric: rule.metric, limit: rule.limit, value, samples, incident, why });
  }
  const gone = Object.entries(states).filter(([name]) => next[name] === undefined);
  for (const [name, { incident, metric, limit }] of gone) {
    if (incident === null) continue;
    const why = "the rule is no longer in edge-ai.json";
    events.push({ name, state: "resolved", metric, limit, value: null, samples: null, incident, why });
  }
  return { states: next, events };
}
