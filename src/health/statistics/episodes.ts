import { binomialAtLeast } from "./statistics.ts";

/**
 * Good requests that may lie between two bad ones of a burst: none when all of the service freezes; some when one of two, of
 * four or of eight instances does and the others go on answering. With none alone, freezes of one of two instances gave 30 %
 * false passes at the limit of p95 where these three give 2 % (bursts of 10, at least 1,100 requests).
 */
const LARGEST_GAPS = [0, 3, 15] as const;
/**
 * Bad requests stand next to each other by chance too; only what chance gives in fewer than one of five runs counts. That
 * costs a service with independent errors hardly any requests; at a stricter 1 % bursts at the start of a run gave 7 % false
 * failures instead of 2 %.
 */
const BY_CHANCE = 0.2;
/** A gap that joins more of independent requests than that makes bursts of them whose length is mostly noise. */
const MOST_JOINED = 0.75;
/**
 * In a burst more requests are bad than in the whole run: at least so many times. One bad instance of fifteen that take turns
 * makes every fifteenth request bad, all of them within the gap; that is how the service is, and no burst.
 */
const LEAST_DENSITY = 1.5;

/**
 * How many requests turn bad together: judging bad / burst of n / burst requests is as careful as the bursts demand. 1 for
 * independent requests. It is the length of the burst that the average bad request is in (Σ length² / Σ length), since a few
 * long bursts make a share vary more than many of the mean length; less what independent requests show by chance.
 * All bad is 1: that is no burst. Bursts that never came during the run cannot be seen; only a longer run helps.
 * @param bad for each request, in the order they were due, whether it was bad
 */
export function burstLength(bad: ArrayLike<boolean | number>): number {
  const badAt: number[] = [];
  for (let i = 0; i < bad.length; i++) if (bad[i]) badAt.push(i);
  return burstLengthAt(badAt, bad.length);
}

/** `burstLength` of n requests of which those at `badAt`, ascending, were bad. */
export function burstLengthAt(badAt: readonly number[], n: number): number {
  if (badAt.length < 2) return 1;
  return Math.max(1, ...LARGEST_GAPS.map((gap) => burstWithin(badAt, n, gap)));
}

function burstWithin(badAt: readonly number[], n: number, gap: number): number {
  const { squares, joined, densest } = joinBursts(badAt, gap);
  const bad = badAt.length;
  /** The chance that an independent bad request is followed by another one within the gap. */
  const chance = 1 - (1 - bad / n) ** (gap + 1);
  if (chance > MOST_JOINED || binomialAtLeast(joined, bad - 1, chance) > BY_CHANCE) return 1;
  if (densest < (LEAST_DENSITY * bad) / n) return 1;
  // Lengths of bursts by chance are geometric, for which Σ length² / Σ length is (1 + chance) / (1 − chance).
  return squares / bad - (1 + chance) / (1 - chance) + 1;
}

/**
 * Joins bad requests with at most `gap` good ones between: the sum of squared lengths, how many joined another, and the share
 * of bad requests within the longest.
 */
function joinBursts(badAt: readonly number[], gap: number): { squares: number; joined: number; densest: number } {
  let squares = 0;
  let joined = 0;
  let longest = { length: 0, span: 1 };
  let burst = { length: 0, from: 0 };
  let last = -Infinity;
  const close = (): void => {
    squares += burst.length ** 2;
    if (burst.length > longest.length) longest = { length: burst.length, span: last - burst.from + 1 };
  };
  for (const at of badAt) {
    if (at - last - 1 <= gap) joined++;
    else {
      close();
      burst = { length: 0, from: at };
    }
    burst.length++;
    last = at;
  }
  close();
  return { squares, joined, densest: longest.length / longest.span };
}
