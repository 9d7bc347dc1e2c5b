import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { monitorSchema } from "../../src/config/monitor.ts";
import { beginning, step, type Timing, type Verdict } from "../../src/monitor/machine.ts";
import { readRule } from "../../src/monitor/rules/read-rule.ts";
import { stepAll, tracksOf, type TrackState } from "../../src/monitor/rules/tracks.ts";
import { completeRule, monitorSettings, type Rule } from "../../src/monitor/settings.ts";
import type { Round, Signal } from "../../src/monitor/types.ts";

const kept: Verdict = { window: "kept", isBrokenNow: false, isRecovered: true };
const broken: Verdict = { window: "broken", isBrokenNow: true, isRecovered: false };
const fading: Verdict = { window: "broken", isBrokenNow: false, isRecovered: false };
const nearly: Verdict = { window: "kept", isBrokenNow: false, isRecovered: false };
const few: Verdict = { window: "few", isBrokenNow: true, isRecovered: false };
const missing: Verdict = { window: "missing", isBrokenNow: false, isRecovered: false };
const timing: Timing = { forMs: 1_000, goodRounds: 3, forgetMs: 4_000 };

interface Told {
  at: number;
  event: "firing" | "resolved";
  verdict: Verdict;
}

/** Plays rounds: [ms since the last one, what it says]. */
function play(rounds: readonly (readonly [number, Verdict])[], when = timing): { told: Told[]; phase: string } {
  let state = beginning(0);
  let now = 0;
  const told: Told[] = [];
  for (const [ms, verdict] of rounds) {
    now += ms;
    const next = step(state, verdict, when, now);
    state = next.state;
    if (next.event !== null) told.push({ at: now, event: next.event, verdict });
  }
  return { told, phase: state.phase };
}

const anyVerdict = fc.constantFrom(kept, broken, fading, nearly, few, missing);
const anyRounds = fc.array(fc.tuple(fc.integer({ min: 1, max: 2_000 }), anyVerdict), { maxLength: 120 });
const anyTiming = fc.record({
  forMs: fc.integer({ min: 0, max: 3_000 }),
  goodRounds: fc.integer({ min: 1, max: 4 }),
  forgetMs: fc.integer({ min: 500, max: 10_000 }),
});

describe("the states of a rule", () => {
  it("tell firing and resolved in turn, firing first, whatever happens", () => {
    fc.assert(
      fc.property(anyRounds, anyTiming, (rounds, when) => {
        const { told, phase } = play(rounds, when);
        expect(told.map(({ event }) => event)).toEqual(told.map((_, i) => (i % 2 === 0 ? "firing" : "resolved")));
        expect(phase === "firing").toBe(told.length % 2 === 1);
      }),
    );
  });

  it("tell once that an incident is over, when good rounds follow", () => {
    fc.assert(
      fc.property(anyRounds, anyTiming, (rounds, when) => {
        const end = Array.from({ length: when.goodRounds + 2 }, () => [100, kept] as const);
        const { told, phase } = play([...rounds, ...end], when);
        expect([told.length % 2, phase]).toEqual([0, "ok"]);
      }),
    );
  });

  it("never fire for a blip that is shorter, however long the window remembers it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 200 }), fc.constantFrom(broken, few, missing)), { maxLength: 30 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 2_000 }), fc.constantFrom(fading, few, missing, kept))),
        (blip, rest) => {
          const lasts = blip.slice(1).reduce((sum, [ms]) => sum + ms, 0);
          fc.pre(lasts < timing.forMs);
          expect(play([...blip, ...rest]).told).toEqual([]);
        },
      ),
    );
  });

  it("fire for what lasts that long", () => {
    expect(
      play([
        [0, broken],
        [500, broken],
        [499, broken],
        [1, broken],
      ]).told,
    ).toMatchObject([{ at: 1_000 }]);
    expect(
      play([
        [0, broken],
        [500, few],
        [500, broken],
      ]).told,
    ).toMatchObject([{ at: 1_000 }]);
    // Nobody looked for longer than one can answer for: it begins anew.
    expect(
      play([
        [0, broken],
        [4_001, broken],
        [900, broken],
      ]),
    ).toEqual({ told: [], phase: "pending" });
  });

  it("are never resolved by missing data, and only by enough good rounds in a row", () => {
    fc.assert(
      fc.property(anyRounds, anyTiming, (rounds, when) => {
        for (const { event, verdict } of play(rounds, when).told)
          expect(verdict).toBe(event === "firing" ? broken : kept);
      }),
    );
    const fired = [
      [0, broken],
      [1_000, broken],
    ] as const;
    const phaseAfter = (...verdicts: Verdict[]): string =>
      play([...fired, ...verdicts.map((verdict) => [100, verdict] as const)]).phase;
    expect(phaseAfter(missing, missing, missing, few, few, few)).toBe("firing");
    expect(phaseAfter(kept, kept, nearly, kept, kept)).toBe("firing");
    expect(phaseAfter(kept, kept, broken, kept, kept)).toBe("firing");
    expect(phaseAfter(kept, missing, kept, kept)).toBe("ok");
  });
});

const now = Date.parse("2026-11-23T12:00:00.000Z");
const round = (agoMs: number, more: Partial<Round> = {}): Round => ({
  at: new Date(now - agoMs).toISOString(),
  isUp: true,
  why: null,
  errors: 0,
  latencyMs: [],
  firstTokenMs: [],
  costUsd: [],
  ...more,
});
const ruleOf = (given: object): Rule => {
  const settings = monitorSchema.parse({ rules: [{ name: "r", ...given }] });
  const [rule] = settings.rules;
  if (rule === undefined) throw new Error("one rule was given");
  return completeRule(rule, settings);
};
const billOf = (value: number | null): Signal[] => [
  { metric: "monthlyCostUsd", value, missing: "no token", samples: null, source: "bill", at: round(0).at },
];
const noSignals = new Map<number, Signal[]>();

describe("what a rule is judged on", () => {
  it("has defaults for p95, errors, cost, and whether the app answers", () => {
    const settings = monitorSettings({});
    expect(settings.rules.map((rule) => completeRule(rule, settings))).toMatchObject([
      { metric: "up", limit: 1, side: "below", overMs: 300_000, forMs: 300_000 },
      { metric: "p95Ms", limit: 500, side: "above", overMs: 900_000, forMs: 900_000, minSamples: 20 },
      { metric: "errorRate", limit: 0.02, minSamples: 50, source: "probe" },
      { metric: "monthlyCostUsd", limit: 1_000, source: "bill" },
    ]);
  });

  it("is the window, and enough of it", () => {
    const rule = ruleOf({ metric: "errorRate", above: 0.02, overMs: 60_000 });
    const good = Array.from({ length: 24 }, () => 10);
    const rounds = [
      round(61_000, { errors: 50 }),
      round(59_000, { latencyMs: good, errors: 1 }),
      round(0, { latencyMs: good }),
    ];
    expect(readRule(rule, { rounds, signals: noSignals }, now)).toMatchObject({ window: "few", samples: 49 });
    const more = [...rounds, round(0, { latencyMs: [1] })];
    // One of 50 is 2 %, which is not above 2 %.
    expect(readRule(rule, { rounds: more, signals: noSignals }, now)).toMatchObject({ window: "kept", value: 0.02 });
    const worse = [...rounds, round(0, { errors: 1 })];
    expect(readRule(rule, { rounds: worse, signals: noSignals }, now)).toMatchObject({
      window: "broken",
      isBrokenNow: true,
    });
  });

  it("is missing where nobody can tell, with the reason", () => {
    const p95 = ruleOf({ metric: "p95Ms", above: 500 });
    const down = [round(0, { isUp: false, why: "connection refused", errors: 20 })];
    const known = { rounds: down, signals: noSignals };
    expect(readRule(p95, known, now)).toMatchObject({ window: "missing", missing: "connection refused" });
    expect(readRule(ruleOf({ metric: "up", below: 1 }), known, now)).toMatchObject({ window: "broken", value: 0 });
    const cost = ruleOf({ metric: "monthlyCostUsd", above: 1_000 });
    expect(readRule(cost, known, now)).toMatchObject({ window: "missing", missing: expect.stringContaining("bill") });
    const bill: Signal = { metric: "monthlyCostUsd", value: 1_200, samples: null, source: "bill", at: round(0).at };
    const billed = new Map([[cost.overMs, [bill]]]);
    expect(readRule(cost, { rounds: [], signals: billed }, now)).toMatchObject({ window: "broken", value: 1_200 });
    const none = new Map([[cost.overMs, [{ ...bill, value: null, missing: "no token" }]]]);
    expect(readRule(cost, { rounds: [], signals: none }, now)).toMatchObject({
      window: "missing",
      missing: "no token",
    });
  });
});

describe("all rules", () => {
  it("missing data is an alert of its own where that is wanted, and leaves the rule as it is", () => {
    const rule = ruleOf({ metric: "monthlyCostUsd", above: 1, missing: "alert", forMs: 0, goodRounds: 1 });
    let states: Record<string, TrackState> = {};
    const told = [billOf(5), billOf(null), billOf(5), billOf(0)].map((signals, i) => {
      const known = { rounds: [], signals: new Map([[rule.overMs, signals]]) };
      const next = stepAll(states, tracksOf(rule, readRule(rule, known, now + i)), now + i);
      states = next.states;
      return next.events.map(({ name, state }) => `${name} ${state}`);
    });
    expect(told).toEqual([["r firing"], ["r:missing firing"], ["r:missing resolved"], ["r resolved"]]);
  });

  it("a rule that is gone while it fires is resolved", () => {
    const rule = ruleOf({ metric: "up", below: 1, forMs: 0 });
    const known = { rounds: [round(0, { isUp: false })], signals: noSignals };
    const { states, events } = stepAll({}, tracksOf(rule, readRule(rule, known, now)), now);
    expect(events).toMatchObject([{ state: "firing", incident: now }]);
    expect(stepAll(states, [], now + 5).events).toMatchObject([{ name: "r", state: "resolved", incident: now }]);
  });
});
