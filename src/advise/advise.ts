import type { HealthDocument } from "../health/document.ts";
import type { RemedyContext } from "../health/remedies/remedies.ts";
import { healthAdvice } from "./health-remedies.ts";
import { nearestAdvice } from "./nearest-advice.ts";
import { remedies } from "./remedies.ts";
import type { Advice, Effect, Situation, Topic } from "./types.ts";

/** What is known for sure comes before what is known at most, and that before what nobody knows. */
const RANK = { predicted: 0, assumed: 0, bound: 1, unknown: 2 } as const satisfies Record<Effect["kind"], number>;

/**
 * Everything that can be done. What the health check itself says about errors and doubtful runs stands in front while
 * there are any, since an app that fails is not made better by being quicker; then what makes a plan pass altogether.
 */
export function allAdvice(
  situation: Situation,
  health: HealthDocument | null,
  context: RemedyContext | null,
): Advice[] {
  const own = adviseOn(situation);
  const told = health === null ? [] : healthAdvice(health, context);
  const near = situation.troubles.some(({ from }) => from === "plan") ? nearestAdvice(situation) : [];
  const isBroken = health?.cause !== undefined || situation.troubles.some(({ topic }) => topic === "errors");
  return isBroken ? [...told, ...near, ...own] : [...near, ...own, ...told];
}

/**
 * The remedies for what is wrong, the largest expected gain first: of effects by formula or under a named assumption, then
 * of those that are only bounded, then what is unknown until measured. None where nothing is wrong. Pure.
 */
function adviseOn(situation: Situation): Advice[] {
  const topics = new Set(situation.troubles.map(({ topic }) => topic));
  const found = remedies
    .filter(({ helps }) => helps.some((topic) => topics.has(topic)))
    .flatMap(({ name, advise }) => {
      const advice = advise(situation);
      return advice === null ? [] : [{ remedy: name, ...advice }];
    });
  return found
    .map((advice) => ({ advice, best: bestEffect(advice, topics) }))
    .filter(({ best }) => best.gain > 0 || best.rank > 0)
    .toSorted((a, b) => a.best.rank - b.best.rank || b.best.gain - a.best.gain)
    .map(({ advice }) => advice);
}

/** The largest gain on something that is wrong; a remedy that is not known to help there counts as unknown. */
function bestEffect({ effects }: Advice, topics: ReadonlySet<Topic>): { rank: number; gain: number } {
  const about = effects
    .filter(({ topic }) => topics.has(topic))
    .map(({ kind, gain }) => ({ rank: gain === null ? RANK.unknown : RANK[kind], gain: gain ?? 0 }));
  return about.toSorted((a, b) => a.rank - b.rank || b.gain - a.gain)[0] ?? { rank: RANK.unknown, gain: 0 };
}
