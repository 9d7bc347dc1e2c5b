import type { Alert } from "../advise/alert.ts";
import { alertOf, type Help, type Watched } from "./alerts.ts";
import type { Channel } from "./notify/notifiers.ts";
import { deliverAll } from "./notify/outbox.ts";
import { readRule, type Reading } from "./rules/read-rule.ts";
import { stepAll, tracksOf } from "./rules/tracks.ts";
import type { Rule } from "./settings.ts";
import type { MonitorState, Waiting } from "./state/schema.ts";
import type { Round, Signal } from "./types.ts";

/** What a monitor is made of; tests of the bin use the real ones. */
export interface Monitor {
  watched: Watched;
  rules: readonly Rule[];
  /** null: a signal ended it. */
  probe: (
    budget: MonitorState["budget"],
    now: number,
  ) => Promise<{ round: Round; budget: MonitorState["budget"] } | null>;
  /** What others say over each of these windows. */
  readSignals: (windowsMs: readonly number[], now: number) => Promise<Map<number, Signal[]>>;
  /** All that are to be told. */
  channels: readonly Channel[];
  /** What can be done about an alert; never rejects. */
  help: (alert: Alert) => Promise<Help>;
  keep: (state: MonitorState) => Promise<void>;
  /** Without the secrets that an app may have said. */
  mask: (text: string) => string;
  signal: AbortSignal;
}

export interface RuleReading {
  rule: Rule;
  reading: Reading;
}

/** What a round brought. */
export interface RoundResult {
  state: MonitorState;
  readings: RuleReading[];
  /** New ones, sent or not. */
  alerts: Alert[];
  /** Why something is not delivered. */
  problems: string[];
}

/** Enough for a screen. */
const RECENT = 50;
/** So that a day's window of a round a second still makes a file that is read in no time. */
const MOST_ROUNDS = 5_000;

/**
 * One round: probe, judge, write down, tell. The alerts are in the state before the first of them is sent, so that
 * whatever ends the process, they are told in the end.
 * @param told the channels that are told now
 * @returns null when a signal ended it; the state is as it was before then
 * @throws CliError FILE when the state cannot be written
 */
export async function monitorRound(
  monitor: Monitor,
  before: MonitorState,
  clock: () => number,
  told: readonly Channel[] = monitor.channels,
): Promise<RoundResult | null> {
  const judged = await judgeRound(monitor, before, clock);
  if (judged === null) return null;
  const { readings, alerts } = judged;
  await monitor.keep(judged.state);
  const { state, problems } = await tell(monitor, judged.state, told);
  return { state, readings, alerts, problems };
}

async function judgeRound(
  monitor: Monitor,
  before: MonitorState,
  clock: () => number,
): Promise<Omit<RoundResult, "problems"> | null> {
  const { rules, watched, signal } = monitor;
  const probed = await monitor.probe(before.budget, clock());
  if (probed === null) return null;
  const windowsMs = new Set(rules.filter(({ source }) => source !== "probe").map(({ overMs }) => overMs));
  const signals = await monitor.readSignals([...windowsMs], clock());
  if (signal.aborted) return null;
  // Clocks are set back now and then; the time of a state is not.
  const now = Math.max(clock(), Date.parse(before.updatedAt));
  const at = new Date(now).toISOString();
  const longestMs = Math.max(...rules.map(({ overMs }) => overMs));
  const round = { ...probed.round, at, why: probed.round.why === null ? null : monitor.mask(probed.round.why) };
  const rounds = [...before.rounds, round].filter((each) => now - Date.parse(each.at) <= longestMs);
  const readings = rules.map((rule) => ({ rule, reading: readRule(rule, { rounds, signals }, now) }));
  const tracks = readings.flatMap(({ rule, reading }) => tracksOf(rule, reading));
  const { states, events } = stepAll(before.tracks, tracks, now);
  const alerts: Alert[] = [];
  for (const event of events) {
    const alert = alertOf(watched, { ...event, why: event.why === null ? null : monitor.mask(event.why) }, now);
    alerts.push(alert.state === "firing" ? { ...alert, ...(await monitor.help(alert)) } : alert);
  }
  const to = monitor.channels.map(({ key }) => key);
  const state: MonitorState = {
    ...before,
    url: watched.url,
    updatedAt: at,
    rounds: rounds.slice(-MOST_ROUNDS),
    tracks: states,
    outbox: [...before.outbox, ...(to.length === 0 ? [] : alerts.map((alert) => ({ alert, to })))],
    recent: [...before.recent, ...alerts].slice(-RECENT),
    budget: probed.budget,
  };
  return { state, readings, alerts };
}

/** Sends what waits for these channels. @returns the state without what they took */
export async function tell(
  { channels, keep, signal }: Monitor,
  state: MonitorState,
  told: readonly Channel[],
): Promise<{ state: MonitorState; problems: string[] }> {
  const known = new Set(channels.map(({ key }) => key));
  const withOutbox = (outbox: Waiting[]): MonitorState => ({ ...state, outbox });
  const { outbox, problems } = await deliverAll(state, told, {
    known,
    signal,
    keep: (left) => keep(withOutbox(left)),
  });
  return { state: withOutbox(outbox), problems };
}
