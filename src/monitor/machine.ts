/** Where a rule stands. "Resolved" is an event, after which it is ok again. */
export interface RuleState {
  phase: "ok" | "pending" | "firing";
  /** When the newest phase began; times are ms since 1970. */
  since: number;
  /** The first and the latest round of this trouble that was broken by itself; null: none. */
  firstBadAt: number | null;
  lastBadAt: number | null;
  /** Rounds in a row that kept the rule while it was firing; those without data are not counted. */
  goodRounds: number;
}

/** What one round says about a rule. */
export interface Verdict {
  /** Of the window. few: not enough samples to say; missing: no data at all. */
  window: "kept" | "broken" | "few" | "missing";
  /** The newest round alone is broken: only that makes a trouble longer, or a blip would last as long as the window remembers it. */
  isBrokenNow: boolean;
  /** The window keeps the limit for being resolved, which may be stricter. */
  isRecovered: boolean;
}

export interface Timing {
  /** How long a trouble has to last before it fires, in ms. */
  forMs: number;
  /** Good rounds before it is resolved. */
  goodRounds: number;
  /** A trouble that was not seen for longer begins anew, in ms. */
  forgetMs: number;
}

export interface Step {
  state: RuleState;
  event: "firing" | "resolved" | null;
}

/** Where every rule begins. */
export function beginning(now: number): RuleState {
  return { phase: "ok", since: now, firstBadAt: null, lastBadAt: null, goodRounds: 0 };
}

/**
 * One round of one rule: ok → pending → firing → ok. A rule without enough data stays where it is, whatever that is. Pure.
 * @param now ms since 1970; not before the last one
 */
export function step(state: RuleState, verdict: Verdict, timing: Timing, now: number): Step {
  if (verdict.window === "few" || verdict.window === "missing") return { state, event: null };
  return state.phase === "firing"
    ? whileFiring(state, verdict, timing, now)
    : beforeFiring(state, verdict, timing, now);
}

function beforeFiring(state: RuleState, { window, isBrokenNow }: Verdict, timing: Timing, now: number): Step {
  if (window === "kept") return { state: state.phase === "ok" ? state : beginning(now), event: null };
  if (!isBrokenNow) return { state, event: null };
  const isOld = state.lastBadAt === null || now - state.lastBadAt > timing.forgetMs;
  const firstBadAt = isOld ? now : (state.firstBadAt ?? now);
  const bad: RuleState = { phase: "pending", since: firstBadAt, firstBadAt, lastBadAt: now, goodRounds: 0 };
  return now - firstBadAt >= timing.forMs
    ? { state: { ...bad, phase: "firing", since: now }, event: "firing" }
    : { state: bad, event: null };
}

function whileFiring(state: RuleState, verdict: Verdict, timing: Timing, now: number): Step {
  if (verdict.window === "broken" || !verdict.isRecovered) {
    const lastBadAt = verdict.isBrokenNow ? now : state.lastBadAt;
    return { state: { ...state, lastBadAt, goodRounds: 0 }, event: null };
  }
  const goodRounds = state.goodRounds + 1;
  return goodRounds < timing.goodRounds
    ? { state: { ...state, goodRounds }, event: null }
    : { state: beginning(now), event: "resolved" };
}
