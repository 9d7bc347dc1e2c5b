import type { Verdict } from "../machine.ts";
import type { Rule } from "../settings.ts";
import type { Round, Signal } from "../types.ts";
import { ownFigure, type Figure } from "./own-signal.ts";

/** What a rule is now, with the figure it was judged on. */
export interface Reading extends Verdict {
  value: number | null;
  samples: number | null;
  /** Why there is no figure. */
  missing: string | null;
  /** What the newest round says about it: the first request that failed. */
  example: string | null;
}

/** Everything that is known after a round. */
export interface Known {
  /** Oldest first. */
  rounds: readonly Round[];
  /** What others said over each window: ms → signals. */
  signals: ReadonlyMap<number, readonly Signal[]>;
}

/** Judges a rule on its window. Pure. @param now ms since 1970 */
export function readRule(rule: Rule, { rounds, signals }: Known, now: number): Reading {
  if (rule.source !== "probe") return readSignal(rule, signals.get(rule.overMs) ?? []);
  const inWindow = rounds.filter(({ at }) => now - Date.parse(at) <= rule.overMs);
  const { value, samples, missing = null } = ownFigure(rule.metric, inWindow);
  const newest = ownFigure(rule.metric, inWindow.slice(-1));
  const isAboutFailures = rule.metric === "up" || rule.metric === "errorRate";
  const example = isAboutFailures ? (inWindow.at(-1)?.why ?? null) : null;
  return { ...reading(rule, { value, samples }, missing, isBroken(rule, newest.value)), example };
}

/** Of what others say there are no rounds: it is as new as it gets, and `timingOf` knows. */
function readSignal(rule: Rule, signals: readonly Signal[]): Reading {
  const found = signals.filter(({ metric, source }) => metric === rule.metric && source === rule.source);
  const signal = found.find(({ value }) => value !== null) ?? found[0];
  const missing = signal === undefined ? `nobody here can tell ${rule.metric} (${rule.source})` : signal.missing;
  const value = signal?.value ?? null;
  return reading(rule, { value, samples: signal?.samples ?? null }, missing ?? null, isBroken(rule, value));
}

function reading(
  rule: Rule,
  { value, samples }: { value: number | null; samples: Figure["samples"] | null },
  missing: string | null,
  isBrokenNow: boolean,
): Reading {
  const isFew = samples !== null && samples < rule.minSamples;
  const isWindowBroken = isBroken(rule, value);
  const window = value === null ? "missing" : isFew ? "few" : isWindowBroken ? "broken" : "kept";
  const isRecovered = value !== null && !isBroken({ ...rule, limit: rule.resolve }, value);
  return { value, samples, missing: value === null ? missing : null, example: null, window, isBrokenNow, isRecovered };
}

function isBroken({ side, limit }: Pick<Rule, "side" | "limit">, value: number | null): boolean {
  if (value === null) return false;
  return side === "above" ? value > limit : value < limit;
}
